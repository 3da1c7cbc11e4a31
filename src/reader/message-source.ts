import { messageOf, ProtocolError } from '../base/errors.ts'
import { BatchDecoder } from '../records/decode-batch.ts'
import type { Message } from '../records/message.ts'
import type { RecordBatch } from '../records/record-batch.ts'
import { type FetchedBatch, isLive, type SharedFrame } from './fetched.ts'
import type { Fetcher } from './fetcher.ts'
import { type Decoding, DeliveredBatch, type MessageBatch } from './message-batch.ts'
import type { ReaderMetrics } from './metrics.ts'
import type { Position } from './position.ts'

/**
 * Messages decoded at a time: young objects die young, and a small batch that decompresses to millions of records isn't
 * as many objects at once.
 */
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
  /** Of the batch being read: behind what was handed out before `messages`. */
  private reached = 0
  private readonly fetcher: Fetcher
  private readonly decoding: Decoding
  private readonly counters: ReaderMetrics

  constructor(parts: { fetcher: Fetcher; decoding: Decoding; counters: ReaderMetrics }) {
    this.fetcher = parts.fetcher
    this.decoding = parts.decoding
    this.counters = parts.counters
  }

  /**
   * The offset behind what was handed out of a partition; FirstOffset or LastOffset until it is known where that is.
   */
  next(position: Position): number {
    const { open, decoder } = this
    if (open?.fetched.position !== position || !isLive(open.fetched)) return position.next
    const isRead = open.whole || (this.left === 0 && (decoder?.left ?? 0) === 0)
    return isRead ? open.fetched.next : this.behind
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

  /**
   * Whether there is a message to hand out, after decoding more if need be. Throws what `Fetcher.take` does, unless
   * silent.
   */
  ready(how?: 'silent'): boolean {
    while (this.index === this.messages.length && !this.more()) {
      this.finish()
      const fetched = how === 'silent' ? this.fetcher.takeSilently() : this.fetcher.take()
      if (fetched === undefined) return false
      this.decode(fetched)
    }
    return true
  }

  /** The next batch, or what is left of the one being read. */
  takeBatch(): MessageBatch | undefined {
    const { open, fetcher, decoding } = this
    if (open !== undefined && (this.index < this.messages.length || this.more())) {
      const from = this.messages[this.index]!.offset
      this.settle()
      this.counters.messages += this.decoder?.left ?? 0
      this.decoder = undefined
      this.messages = []
      this.index = this.done = 0
      this.open = { ...open, whole: true }
      return new DeliveredBatch(open.fetched, open.batch, from, decoding)
    }
    this.finish()
    for (let fetched = fetcher.take(); fetched !== undefined; fetched = fetcher.take()) {
      const { batch, from, frame } = fetched
      if (!this.isWhole(fetched, from, () => batch.verify())) {
        frame.release()
        continue
      }
      this.mended(fetched)
      this.open = { fetched, batch, whole: true, frame }
      this.counters.messages += batch.count
      this.counters.bytes += batch.end - batch.start
      return new DeliveredBatch(fetched, batch, from, decoding)
    }
    return undefined
  }

  /**
   * Writes down what is done with; whether there may be more to write down later without another batch being opened.
   */
  settle(): boolean {
    const { open, done, messages } = this
    if (open === undefined) return false
    const { progress } = open.fetched.position
    if (progress !== undefined) {
      if (this.wholeDone) progress.done(open.fetched.next)
      else if (done > 0) progress.done(messages[done - 1]!.offset + 1)
    }
    return this.automatic && this.left > 0
  }

  /** Hands out no more of a batch of one of these; what was handed out can still be done with. */
  cut(positions: Iterable<Position>): void {
    if (!this.isOf(positions)) return
    this.decoder = undefined
    this.counters.messages -= this.messages.length - this.index
    this.messages.length = this.index
  }

  /** Lets go of a batch of one of these, which the application may still have in hand. */
  forget(positions: Iterable<Position>): void {
    if (!this.isOf(positions)) return
    this.open!.frame?.abandon()
    this.end()
  }

  /** Done with the batch: more was asked for. */
  private finish(): void {
    const { open } = this
    if (open === undefined) return
    const behind = open.whole ? open.batch.lastOffset + 1 : this.behind
    open.frame?.release()
    this.end()
    this.fetcher.finished(open.fetched, behind)
  }

  private end(): void {
    this.settle()
    this.counters.messages -= this.messages.length - this.index
    this.open = this.decoder = undefined
    this.messages = []
    this.index = this.done = 0
    this.wholeDone = false
  }

  private decode(fetched: FetchedBatch): void {
    const { position, from, highWaterMark, frame } = fetched
    const { codecs, limit } = this.decoding
    this.isWhole(fetched, from, () => {
      fetched.batch.verify()
      // A kept message must not keep the whole frame, and the frame is wanted for the next answer.
      const batch = fetched.batch.detach()
      const { topic, partition, reading: origin } = position
      this.decoder = new BatchDecoder(batch, { topic, partition, highWaterMark, codecs, limit, origin }, from)
      this.open = { fetched, batch, whole: false, frame: null }
      this.reached = from
      this.counters.bytes += batch.end - batch.start
    })
    frame.release()
  }

  /** Decodes more messages of the batch being read, all before being handed out; false when there are none. */
  private more(): boolean {
    const { decoder, open, index, behind } = this
    if (decoder === undefined || open === undefined) return false
    this.decoder = undefined
    let messages: Message[] = []
    const whole = this.isWhole(open.fetched, behind, () => {
      messages = decoder.take(atOnce)
    })
    if (messages.length === 0) {
      this.wholeDone = whole && index > 0 && this.done === index
      return false
    }
    this.mended(open.fetched)
    this.settle()
    this.reached = behind
    this.decoder = decoder
    this.messages = messages
    this.index = this.done = 0
    this.counters.messages += messages.length
    return true
  }

  /** Behind what was handed out of the batch being read. */
  private get behind(): number {
    return this.index > 0 ? this.messages[this.index - 1]!.offset + 1 : this.reached
  }

  /** Another whenever something was handed out, or begun to be. */
  get mark(): readonly unknown[] {
    return [this.open, this.messages, this.index]
  }

  /** Whether the batch being read is of one of these. */
  isOf(positions: Iterable<Position>): boolean {
    if (this.open !== undefined)
      for (const position of positions) if (position === this.open.fetched.position) return true
    return false
  }

  private mended({ position }: FetchedBatch): void {
    if (position.damagedAt >= 0) this.fetcher.mended(position)
  }

  /** Whether the task can read the batch. One that can't be read is fetched again, from this offset on. */
  private isWhole(fetched: FetchedBatch, from: number, task: () => void): boolean {
    try {
      task()
      return true
    } catch (error) {
      const { position, batch } = fetched
      const text = `${position.name} at offset ${Math.max(from, batch.baseOffset)}: ${messageOf(error)}`
      this.fetcher.damaged(
        fetched,
        from,
        error instanceof ProtocolError ? new ProtocolError(text, { cause: error }) : error,
      )
      return false
    }
  }
}
