import { systemRandom } from '../base/clock.ts'
import { given } from '../base/settings.ts'
import type { MessageInput } from '../records/message-input.ts'
import { type Balancer, randomPartition } from './balancer.ts'
import { fnv1a, type Hasher } from './fnv1a.ts'
import { keyBytes } from './key.ts'

/**
 * The same key goes to the same partition: (hash & 0x7fffffff) % partitions, FNV-1a by default, as Sarama's reference
 * hash partitioner does. Messages whose key is null go anywhere.
 * `random` gives any number from 0 up to, but not, 1: where messages without a key go. Default: Math.random.
 */
export class ReferenceHash implements Balancer {
  readonly #hasher: Hasher
  readonly #random: () => number

  /** `hasher`: what the key is hashed with. Default FNV-1a, 32 bits. */
  constructor(options: { hasher?: Hasher; random?: () => number } = {}) {
    const { hasher = fnv1a, random = systemRandom } = given('a ReferenceHash', options, {
      hasher: 'function',
      random: 'function',
    })
    this.#hasher = hasher
    this.#random = random
  }

  /** The partition of the key's hash, or any one that has a leader. */
  balance({ key }: MessageInput, partitions: readonly number[], led = partitions): number {
    if (key === null || key === undefined) return randomPartition(led, this.#random)
    return partitions[(this.#hasher(keyBytes(key)) & 0x7fffffff) % partitions.length]!
  }
}
