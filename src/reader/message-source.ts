import { messageOf, ProtocolError } from '../base/errors.ts'
import { BatchDecoder } from '../records/decode-batch.ts'
import type { Message } from '../records/message.ts'
import type { RecordBatch } from '../records/record-batch.ts'
import type { FetchedBatch, SharedFrame } from './fetched.ts'
import type { Fetcher } from './fetcher.ts'
import { type Decoding, DeliveredBatch, type MessageBatch } from './message-batch.ts'
import type { ReaderMetrics } from './metrics.ts'
import type { Position } from './position.ts'

/** Until a batch that can't be decoded is fetched again, in milliseconds. */
const damagedBackoff = 1_000

/** Messages decoded at a time: young objects die young, and a small batch that decompresses to millions of records isn't as many objects at once. */
const atOnce = 1_000

interface Open {
  readonly fetched: FetchedBatch
  /** Memory of our own when its messages are read one by one, else that of the frame. */
  readonly batch: RecordBatch
  /** Handed out whole. */
  readonly whole: boolean
  /** To be released; null when `batch` is a copy. */
  readonly frame: SharedFrame | null
}

/** The batch being read: checked when its first message is asked for, and decoded as its messages are. */
export class MessageSource {
  /** Of the batch being read, those decoded last. */
  private messages: Message[] = []
  /** Has the messages behind them, if there are any. */
  private decoder: BatchDecoder | undefined
  /** Of the next one to hand out. */
  private index = 0
  /** Whether what was handed out last counts as done once the next is asked for. */
  automatic = false
  /** How many of `messages` are done with. */
  private done = 0
  private open: Open | undefined
  private wholeDone = false
  /** Behind what was handed out of earlier batches; FirstOffset or LastOffset at the beginning. */
  private reached: number
  private readonly fetcher: Fetcher
  private readonly decoding: Decoding
  private readonly counters: ReaderMetrics

  constructor(parts: { fetcher: Fetcher; decoding: Decoding; counters: ReaderMetrics; offset: number }) {
    this.fetcher = parts.fetcher
    this.decoding = parts.decoding
    this.counters = parts.counters
    this.reached = parts.offset
  }

  /** The offset behind what was handed out; partition mode alone makes sense of it. */
  get offset(): number {
    if (this.open?.whole) return this.open.batch.lastOffset + 1
    return this.index > 0 ? this.messages[this.index - 1]!.offset + 1 : this.reached
  }

  /** Messages decoded and not handed out. */
  get left(): number {
    return this.messages.length - this.index
  }

  /** The next message if it is at hand: the quick path, to cost next to nothing. */
  quick(automatic: boolean): Message | undefined {
    if (this.index === this.messages.length) return undefined
    if (this.automatic) this.done = this.index
    this.automatic = automatic
    return this.messages[this.index++]
  }

  /** Something more is asked for: what was handed out automatically before is done with. Whether there was such. */
  begin(): boolean {
    if (!this.automatic) return false
    if (this.open?.whole) this.wholeDone = true
    else this.done = this.index
    return true
  }

  /** Whether there is a message to hand out, after decoding more if need be. Throws what `Fetcher.take` does, and ProtocolErrors. */
  ready(): boolean {
    while (this.index === this.messages.length && !this.more()) {
      this.finish()
      const fetched = this.fetcher.take()
      if (fetched === undefined) return false
      this.decode(fetched)
    }
    return true
  }

  /** The next batch, or what is left of the one being read. */
  takeBatch(): MessageBatch | undefined {
    const { open } = this
    if (open !== undefined && (this.index < this.messages.length || this.more())) {
      const from = this.messages[this.index]!.offset
      this.settle()
      this.counters.messages += this.decoder?.left ?? 0
      this.decoder = undefined
      this.messages = []
      this.index = this.done = 0
      this.open = { ...open, whole: true }
      return new DeliveredBatch(open.fetched, open.batch, from, this.decoding)
    }
    this.finish()
    const fetched = this.fetcher.take()
    if (fetched === undefined) return undefined
    const { batch, from } = fetched
    try {
      this.guard(fetched, from, () => batch.verify())
    } catch (error) {
      fetched.frame.release()
      throw error
    }
    this.open = { fetched, batch, whole: true, frame: fetched.frame }
    this.counters.messages += batch.count
    this.counters.bytes += batch.end - batch.start
    return new DeliveredBatch(fetched, batch, from, this.decoding)
  }

  /** Writes down what is done with; whether there may be more to write down later without another batch being opened. */
  settle(): boolean {
    const { open, done, messages } = this
    if (open === undefined) return false
    const { progress } = open.fetched.position
    if (progress !== undefined) {
      if (this.wholeDone) progress.done(open.batch.lastOffset + 1)
      else if (done > 0) progress.done(messages[done - 1]!.offset + 1)
    }
    return this.automatic && this.left > 0
  }

  /** Hands out no more of a batch of one of these; what was handed out can still be done with. */
  cut(positions: Iterable<Position>): void {
    if (this.open === undefined) return
    const { name } = this.open.fetched.position
    if (![...positions].some(position => position.name === name)) return
    this.decoder = undefined
    this.counters.messages -= this.messages.length - this.index
    this.messages.length = this.index
  }

  /** Lets go of the batch and goes on elsewhere. */
  moveTo(offset: number): void {
    this.forget()
    this.reached = offset
  }

  /** Lets go of the batch, which the application may still have in hand. */
  forget(): void {
    this.open?.frame?.abandon()
    this.end()
  }

  /** Done with the batch: more was asked for. */
  private finish(): void {
    this.open?.frame?.release()
    this.end()
  }

  private end(): void {
    if (this.open === undefined) return
    this.settle()
    this.reached = this.offset
    this.counters.messages -= this.messages.length - this.index
    this.open = this.decoder = undefined
    this.messages = []
    this.index = this.done = 0
    this.wholeDone = false
  }

  private decode(fetched: FetchedBatch): void {
    const { position, from, highWaterMark, frame } = fetched
    const { codecs, limit } = this.decoding
    try {
      // A kept message must not keep the whole frame, and the frame is wanted for the next answer.
      const batch = this.guard(fetched, from, () => {
        fetched.batch.verify()
        const own = fetched.batch.detach()
        const { topic, partition } = position
        this.decoder = new BatchDecoder(own, { topic, partition, highWaterMark, codecs, limit }, from)
        return own
      })
      this.open = { fetched, batch, whole: false, frame: null }
      this.counters.bytes += batch.end - batch.start
    } finally {
      frame.release()
    }
  }

  /** Decodes more messages of the batch being read, all before being handed out; false when there are none. */
  private more(): boolean {
    const { decoder, open, index } = this
    if (decoder === undefined || open === undefined) return false
    const { from } = open.fetched
    const behind = index > 0 ? this.messages[index - 1]!.offset + 1 : from
    this.decoder = undefined
    const messages = this.guard(open.fetched, behind, () => decoder.take(atOnce))
    if (messages.length === 0) {
      this.wholeDone = index > 0 && this.done === index
      return false
    }
    this.settle()
    this.reached = this.offset
    this.decoder = decoder
    this.messages = messages
    this.index = this.done = 0
    this.counters.messages += messages.length
    return true
  }

  /** A batch that can't be read is fetched again, from this offset on: the next read finds it whole, or rejects in its turn. */
  private guard<T>(fetched: FetchedBatch, from: number, task: () => T): T {
    try {
      return task()
    } catch (error) {
      if (fetched.position.live) this.fetcher.move(fetched.position, from, damagedBackoff)
      if (!(error instanceof ProtocolError)) throw error
      const { position, batch } = fetched
      throw new ProtocolError(`${position.name} at offset ${Math.max(from, batch.baseOffset)}: ${messageOf(error)}`, { cause: error })
    }
  }
}
