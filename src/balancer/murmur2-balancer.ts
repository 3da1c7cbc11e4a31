import { systemRandom } from '../base/clock.ts'
import { given } from '../base/settings.ts'
import type { MessageInput } from '../records/message-input.ts'
import { type Balancer, randomPartition } from './balancer.ts'
import { keyBytes } from './key.ts'
import { murmur2 } from './murmur2.ts'

const noKey = new Uint8Array(0)

/**
 * The same key goes to the same partition as Java's producer chooses, and librdkafka's `murmur2_random`. An empty key
 * is a key. Messages whose key is null go anywhere, or, with `consistent`, where the empty key goes (librdkafka's
 * `murmur2`).
 * `random` gives any number from 0 up to, but not, 1: where messages without a key go. Default: Math.random.
 */
export class Murmur2Balancer implements Balancer {
  /** Whether messages without a key all go to one partition. */
  readonly consistent: boolean
  readonly #random: () => number

  /** The defaults are those of Java's producer. */
  constructor(options: { consistent?: boolean; random?: () => number } = {}) {
    const { consistent = false, random = systemRandom } = given('a Murmur2Balancer', options, {
      consistent: 'boolean',
      random: 'function',
    })
    this.consistent = consistent
    this.#random = random
  }

  /** The partition of the key's murmur2 hash. */
  balance({ key }: MessageInput, partitions: readonly number[], led = partitions): number {
    if ((key === null || key === undefined) && !this.consistent) return randomPartition(led, this.#random)
    return partitions[javaPartition(key ?? noKey, partitions.length)]!
  }
}

/** Which of `count` partitions Java's producer chooses for a key. */
export function javaPartition(key: string | Uint8Array, count: number): number {
  return (murmur2(keyBytes(key)) & 0x7fffffff) % count
}
