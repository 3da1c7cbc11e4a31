import { given } from '../base/settings.ts'
import type { MessageInput } from '../records/message-input.ts'
import { type Balancer, randomPartition } from './balancer.ts'
import { fnv1a, type Hasher } from './fnv1a.ts'
import { keyBytes } from './key.ts'

/**
 * The same key goes to the same partition: (hash & 0x7fffffff) % partitions, FNV-1a by default, as Sarama's reference
 * hash partitioner does. Messages whose key is null go anywhere.
 */
export class ReferenceHash implements Balancer {
  readonly #hasher: Hasher

  constructor(options: { hasher?: Hasher } = {}) {
    const { hasher = fnv1a } = given('a ReferenceHash', options, { hasher: 'function' })
    this.#hasher = hasher
  }

  balance({ key }: MessageInput, partitions: readonly number[]): number {
    if (key === null || key === undefined) return randomPartition(partitions)
    return partitions[(this.#hasher(keyBytes(key)) & 0x7fffffff) % partitions.length]!
  }
}
