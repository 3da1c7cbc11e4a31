import { adapter as node } from '../../adapters/node/index.ts'
import { type ClientEvent, Reader, type ReaderConfig, type SocketAdapter, Transport } from '../../src/index.ts'
import { flakyAdapter } from '../../test/support/flaky-adapter.ts'
import { pause } from '../../test/support/waiting.ts'
import { numberOf } from './load.ts'

interface Delivered {
  readonly partition: number
  readonly offset: number
  readonly value: string
}

/** What the members of one group were handed, and what must never be. */
export class GroupBooks {
  /** Everything handed out, in the order it came. */
  readonly delivered: Delivered[] = []
  /** By partition: how far everything was handed to somebody who dealt with it. */
  readonly processed: number[]
  /** What went wrong, in words. */
  readonly faults: string[] = []
  generations = 0

  constructor(partitions: number) {
    this.processed = new Array<number>(partitions).fill(0)
  }

  get distinct(): number {
    return this.processed.reduce((sum, next) => sum + next, 0)
  }

  get redelivered(): number {
    return this.delivered.length - this.distinct
  }

  /** The values of each partition in the order of the log; a repeat counts once. */
  log(): string[][] {
    const logs: string[][] = this.processed.map(() => [])
    for (const { partition, offset, value } of this.delivered) logs[partition]![offset] = value
    return logs.map(log => Array.from(log, value => value ?? 'missing'))
  }
}

export type Mode = 'explicit' | 'auto'

export interface MemberOptions {
  readonly mode?: Mode
  readonly adapter?: SocketAdapter
  /** What a batch takes to be dealt with, in milliseconds. */
  readonly workMs?: number
}

/** One member of a group, with a transport of its own, that deals with what it is handed and keeps the books. */
export class GroupMember {
  readonly name: string
  readonly reader: Reader
  readonly transport: Transport
  /** Errors of reads and commits; reading goes on. */
  readonly errors: unknown[] = []
  private readonly books: GroupBooks
  private readonly mode: Mode
  private readonly workMs: number
  private readonly network: ReturnType<typeof flakyAdapter>
  private generation = -1
  /** Last offsets of this generation, by partition. */
  private last = new Map<number, number>()
  private crashed = false
  private working: Promise<void> | undefined

  constructor(
    name: string,
    books: GroupBooks,
    config: ReaderConfig,
    { mode = 'explicit', adapter = node, workMs = 0 }: MemberOptions = {},
  ) {
    this.name = name
    this.books = books
    this.mode = mode
    this.workMs = workMs
    this.network = flakyAdapter(adapter)
    this.transport = new Transport({ adapter: this.network.adapter, onEvent: event => this.hear(event) })
    this.reader = new Reader({
      heartbeatInterval: 300,
      sessionTimeout: 6_000,
      rebalanceTimeout: 6_000,
      joinGroupBackoff: 200,
      maxWait: 500,
      ...config,
      transport: this.transport,
      autoCommit: mode === 'auto',
    })
  }

  start(): this {
    this.working = this.work()
    return this
  }

  async close(): Promise<void> {
    await this.reader.close()
    await this.working
    await this.transport.close()
  }

  /** Ends as a killed process does: without a word to anyone, and with what it has in hand undone. */
  async crash(): Promise<void> {
    this.crashed = true
    this.network.pull()
    await this.close()
  }

  private hear(event: ClientEvent): void {
    if (event.type !== 'rebalance') return
    this.generation = event.generationId
    this.last = new Map()
    this.books.generations = Math.max(this.books.generations, event.generationId)
  }

  private async work(): Promise<void> {
    const batches = this.reader.batches()
    for (;;) {
      try {
        const { value: batch, done } = await batches.next()
        if (done === true) return
        const messages = batch.messages()
        for (const message of messages)
          this.take({ partition: message.partition, offset: message.offset, value: numberOf(message.text()) })
        if (this.workMs > 0) await pause(this.workMs)
        // What crashed here was handed out, and neither dealt with nor committed.
        if (this.crashed) continue
        this.process(batch.partition, batch.lastOffset)
        if (this.mode === 'explicit') await this.reader.commitMessages(messages.at(-1)!)
      } catch (error) {
        this.errors.push(error)
      }
    }
  }

  private take(delivered: Delivered): void {
    const { partition, offset } = delivered
    const { books, generation, last, name } = this
    const before = last.get(partition)
    const place = `${partition}/${offset}, generation ${generation}, ${name}`
    if (before === undefined) {
      // Who begins behind what was dealt with was given a commit nobody should have made.
      if (offset > books.processed[partition]!)
        books.faults.push(`begun too far: ${place}: dealt with up to ${books.processed[partition]}`)
    } else if (offset <= before) books.faults.push(`twice or back: ${place} after ${before}`)
    else if (offset > before + 1) books.faults.push(`left out: ${place} after ${before}`)
    last.set(partition, offset)
    books.delivered.push(delivered)
  }

  private process(partition: number, offset: number): void {
    const { processed } = this.books
    processed[partition] = Math.max(processed[partition]!, offset + 1)
  }
}
