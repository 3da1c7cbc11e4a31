import { systemRandom } from '../base/clock.ts'
import { given } from '../base/settings.ts'
import { crc32 } from '../bytes/crc32.ts'
import type { MessageInput } from '../records/message-input.ts'
import { type Balancer, randomPartition } from './balancer.ts'
import { keyBytes } from './key.ts'

/**
 * The same key goes to the same partition as librdkafka chooses: CRC-32 % partitions. Null and empty keys go anywhere
 * (its `consistent_random`), or, with `consistent`, all to one partition (its `consistent`).
 * `random` gives any number from 0 up to, but not, 1: where messages without a key go. Default: Math.random.
 */
export class CRC32Balancer implements Balancer {
  /** Whether messages without a key all go to one partition. */
  readonly consistent: boolean
  readonly #random: () => number

  /** The defaults are those of librdkafka's `consistent_random`. */
  constructor(options: { consistent?: boolean; random?: () => number } = {}) {
    const { consistent = false, random = systemRandom } = given('a CRC32Balancer', options, {
      consistent: 'boolean',
      random: 'function',
    })
    this.consistent = consistent
    this.#random = random
  }

  /** The partition of the key's CRC-32. */
  balance({ key }: MessageInput, partitions: readonly number[], led = partitions): number {
    if (key === null || key === undefined || key.length === 0)
      return this.consistent ? partitions[0]! : randomPartition(led, this.#random)
    return partitions[crc32(keyBytes(key)) % partitions.length]!
  }
}
