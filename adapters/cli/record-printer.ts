import type { Message } from '../../src/records/message.ts'
import { ByteSink } from './byte-sink.ts'
import type { CommandContext } from './command.ts'
import { Progress } from './progress.ts'
import type { RangeBatch } from './range-reader.ts'
import type { RecordFormat } from './record-format.ts'

/** From so many bytes on they are written, before more are gathered. */
const fullAt = 256 * 1024

/** Prints records, so many at the most. */
export class RecordPrinter {
  readonly #context: CommandContext
  readonly #format: RecordFormat
  readonly #most: number
  readonly #progress: Progress
  readonly #sink = new ByteSink()
  #printed = 0
  #written = 0
  #isRead = true

  constructor(context: CommandContext, format: RecordFormat, most: number) {
    this.#context = context
    this.#format = format
    this.#most = most
    // What is printed on a terminal says enough.
    this.#progress = new Progress(context.isTerminal ? {} : context, Number.isFinite(most) ? most : undefined)
  }

  /** How many messages to read at once. */
  get most(): number {
    return Math.min(this.#most - this.#printed, 2_000)
  }

  /** Whether more is wanted, as below. */
  async printMessages(messages: readonly Message[]): Promise<boolean> {
    for (const message of messages) {
      this.#format.print(message, message, this.#sink)
      this.#printed++
      if (this.#sink.length >= fullAt) await this.flush()
    }
    return this.#isRead && this.#printed < this.#most
  }

  /** Prints what of a batch is in the range; whether more is wanted: there may be an end, or nobody who reads it. */
  async printBatch({ batch, from, to }: RangeBatch): Promise<boolean> {
    const left = this.#most - this.#printed
    if (this.#format.wantsMessages) {
      const wanted = batch.messages().filter(({ offset }) => offset >= from && offset < to)
      return this.printMessages(wanted.slice(0, Math.min(wanted.length, left)))
    }
    const sink = this.#sink
    const format = this.#format
    for (const cursor = batch.cursor(); this.#printed < this.#most && cursor.next(); ) {
      if (cursor.offset < from || cursor.offset >= to) continue
      format.print(cursor, batch, sink)
      this.#printed++
      if (sink.length >= fullAt && !(await this.flush())) return false
    }
    return this.#isRead && this.#printed < this.#most
  }

  /** Writes what is gathered; whether anybody still reads it. */
  async flush(): Promise<boolean> {
    const { length } = this.#sink
    if (length > 0 && this.#isRead) {
      this.#isRead = await this.#context.write(this.#sink.take())
      this.#progress.add(this.#printed - this.#written, length)
      this.#written = this.#printed
    }
    return this.#isRead
  }

  /** Nothing more is printed. */
  end(): void {
    this.#progress.end()
  }
}
