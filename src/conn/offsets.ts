import { ConfigError } from '../base/errors.ts'
import { shown } from '../base/settings.ts'
import type { Caller } from '../client/caller.ts'
import {
  firstOffsetOf,
  lastOffsetOf,
  listOffsets,
  type OffsetRequest,
  type PartitionOffsets,
} from '../client/list-offsets.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import type { Call } from './calls.ts'
import type { Bounds } from './position.ts'

/** Asks the broker of a Conn for offsets of the Conn's partition. */
export class ConnOffsets {
  readonly #caller: Caller
  readonly #topic: string
  readonly #partition: number

  constructor(caller: Caller, topic: string, partition: number) {
    this.#caller = caller
    this.#topic = topic
    this.#partition = partition
  }

  async first(call: Call): Promise<number> {
    return (await this.#ask([firstOffsetOf(this.#partition)], call)).firstOffset
  }

  async last(call: Call): Promise<number> {
    return (await this.#ask([lastOffsetOf(this.#partition)], call)).lastOffset
  }

  async bounds(call: Call): Promise<Bounds> {
    const { firstOffset, lastOffset } = await this.#ask(
      [firstOffsetOf(this.#partition), lastOffsetOf(this.#partition)],
      call,
    )
    return { first: firstOffset, last: lastOffset }
  }

  /** −1 when all messages are older. */
  async at(time: Date | number, call: Call): Promise<number> {
    const timestamp = time instanceof Date ? time.getTime() : time
    if (!Number.isSafeInteger(timestamp) || timestamp < 0)
      throw new ConfigError(`readOffset: a Date or milliseconds since 1970 are wanted, not ${shown(time)}`)
    const { offsets } = await this.#ask([{ partition: this.#partition, timestamp }], call)
    return offsets.keys().next().value ?? -1
  }

  async #ask(wanted: readonly OffsetRequest[], call: Call): Promise<PartitionOffsets> {
    needTopic(this.#topic)
    const { topics } = await listOffsets(this.#caller, { topics: { [this.#topic]: wanted } }, call)
    const found = topics[this.#topic]?.[0]
    if (found === undefined)
      throw new KafkaError(ErrorCode.UnknownTopicOrPartition, `${this.#topic}/${this.#partition}`)
    if (found.error !== null) throw found.error
    return found
  }
}

/** A ConfigError for a Conn without a topic. */
export function needTopic(topic: string): void {
  if (topic === '') throw new ConfigError('this connection is for no topic: dialLeader() makes one that is')
}
