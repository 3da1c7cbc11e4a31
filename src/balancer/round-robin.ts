import { ConfigError } from '../base/errors.ts'
import { given } from '../base/settings.ts'
import type { MessageInput } from '../records/message-input.ts'
import type { Balancer } from './balancer.ts'

/** Deals messages to the partitions that have a leader in turn, `chunkSize` (1 by default) to each. Keys don't matter. */
export class RoundRobin implements Balancer {
  /** Messages to one partition before it is the next one's turn. */
  readonly chunkSize: number
  #dealt = 0

  /** `chunkSize` counts messages; below 1 it is 1. Default 1. */
  constructor(options: { chunkSize?: number } = {}) {
    const { chunkSize = 1 } = given('a RoundRobin', options, { chunkSize: 'number' })
    if (Number.isNaN(chunkSize)) throw new ConfigError(`chunkSize must be a number of messages, not ${chunkSize}`)
    this.chunkSize = Math.max(1, Math.floor(chunkSize))
  }

  /** The partition whose turn it is. */
  balance(_message: MessageInput, partitions: readonly number[], led = partitions): number {
    const turn = this.chunkSize === 1 ? this.#dealt : Math.floor(this.#dealt / this.chunkSize)
    this.#dealt++
    return led[turn % led.length]!
  }
}
