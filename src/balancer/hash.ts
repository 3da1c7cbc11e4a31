import { given } from '../base/settings.ts'
import type { MessageInput } from '../records/message-input.ts'
import type { Balancer } from './balancer.ts'
import { fnv1a, type Hasher } from './fnv1a.ts'
import { keyBytes } from './key.ts'
import { RoundRobin } from './round-robin.ts'

/**
 * The same key goes to the same partition: |int32(hash) % partitions|, FNV-1a by default, as Sarama's hash partitioner
 * does. Messages whose key is null are dealt in turn.
 */
export class Hash implements Balancer {
  readonly #hasher: Hasher
  readonly #keyless = new RoundRobin()

  /** `hasher`: what the key is hashed with. Default FNV-1a, 32 bits. */
  constructor(options: { hasher?: Hasher } = {}) {
    const { hasher = fnv1a } = given('a Hash', options, { hasher: 'function' })
    this.#hasher = hasher
  }

  /** The partition of the key's hash, or the next one's turn. */
  balance(message: MessageInput, partitions: readonly number[], led = partitions): number {
    const { key } = message
    if (key === null || key === undefined) return this.#keyless.balance(message, partitions, led)
    return partitions[Math.abs((this.#hasher(keyBytes(key)) | 0) % partitions.length)]!
  }
}
