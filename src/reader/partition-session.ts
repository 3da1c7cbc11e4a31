import type { AddressLike } from '../base/address.ts'
import { ConfigError, messageOf } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { CallOptions } from '../base/signals.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import { FirstOffset, LastOffset } from '../protocol/offsets.ts'
import type { Transport } from '../transport/transport.ts'
import type { ReaderSettings } from './config.ts'
import type { Fetcher } from './fetcher.ts'
import { findOffsets } from './find-offsets.ts'
import type { MessageSource } from './message-source.ts'
import { Position } from './position.ts'

export interface PartitionSessionParts {
  readonly transport: Transport
  readonly brokers: AddressLike
  readonly settings: ReaderSettings
  readonly fetcher: Fetcher
  readonly delivery: MessageSource
  readonly logger: Logger
}

/** A Reader's life without a group: one partition, and an offset of its own. */
export class PartitionSession {
  private readonly parts: PartitionSessionParts
  private cancelTimer: (() => void) | undefined

  constructor(parts: PartitionSessionParts) {
    this.parts = parts
  }

  start(): void {
    const { fetcher, delivery, settings } = this.parts
    fetcher.assign([new Position(settings.topics[0]!, settings.partition, delivery.offset)])
    if (settings.readLagInterval > 0) this.watchEnd()
  }

  close(): void {
    this.cancelTimer?.()
  }

  lag(): number {
    const { fetcher, delivery } = this.parts
    const [position] = fetcher.positions
    if (position === undefined || position.end < 0) return -1
    return Math.max(0, position.end - (delivery.offset < 0 ? position.origin : delivery.offset))
  }

  async readLag(options: CallOptions): Promise<number> {
    const { offset } = this.parts.delivery
    if (offset === LastOffset) return 0
    const first = offset === FirstOffset ? this.find(FirstOffset, options) : offset
    const [from, end] = await Promise.all([first, this.find(LastOffset, options)])
    return Math.max(0, end - from)
  }

  setOffset(offset: number): void {
    const { fetcher, delivery } = this.parts
    if (!Number.isSafeInteger(offset) || offset < FirstOffset) throw new ConfigError(`no offset: ${offset}`)
    const [position] = fetcher.positions
    // FirstOffset and LastOffset may be elsewhere by now.
    if (offset >= 0 && offset === delivery.offset && position?.failed === undefined) return
    delivery.moveTo(offset)
    if (position !== undefined) fetcher.assign([new Position(position.topic, position.partition, offset)])
  }

  /** The offset of the first message of that time or later, −1 (LastOffset) when there is none; or of FirstOffset or LastOffset. */
  async find(timestamp: number, options: CallOptions): Promise<number> {
    const { topics, partition, isolationLevel } = this.parts.settings
    const [answer] = await findOffsets(this.parts, [{ topic: topics[0]!, partition, timestamp }], isolationLevel, options)
    if (answer == null) throw new KafkaError(ErrorCode.UnknownTopicOrPartition, `${topics[0]}/${partition}`)
    if (answer.error !== null) throw answer.error
    return answer.offset
  }

  /** Keeps the lag true while nothing is fetched, be it that what was fetched ahead is not read. */
  private watchEnd(): void {
    const { transport, settings, fetcher, logger } = this.parts
    this.cancelTimer = transport.clock.after(settings.readLagInterval, () => {
      this.watchEnd()
      this.find(LastOffset, {}).then(
        end => {
          for (const position of fetcher.positions) position.end = end
        },
        error => logger.debug(`asking for the lag failed: ${messageOf(error)}`),
      )
    })
  }
}
