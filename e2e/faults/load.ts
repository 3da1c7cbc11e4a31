import type { MessageInput, Writer } from '../../src/index.ts'
import { pause } from '../../test/support/waiting.ts'

export interface LoadOptions {
  /** Each lane writes its numbers in order, all into one partition: lane modulo the number of partitions. */
  readonly lanes: number
  /** Messages a call has. */
  readonly callSize?: number
  /** Calls a lane has under way at most. */
  readonly window?: number
  /** Between two calls of a lane. */
  readonly pauseMs?: number
  /** Follows the number in each message. */
  readonly filler?: string
}

/** Balances messages of a Load: the lane says which partition. */
export function byLane({ key }: MessageInput, partitions: readonly number[]): number {
  return partitions[Number(key) % partitions.length]!
}

/** Writes `lane:number` messages as fast as the writer takes them, and keeps the books. */
export class Load {
  readonly attempted = new Set<string>()
  readonly acknowledged = new Set<string>()
  /** What calls rejected with; whether their messages were written is unknown. */
  readonly failures: unknown[] = []
  /** The longest that a call took, in milliseconds. */
  slowest = 0
  private readonly writer: Writer
  private readonly options: Required<LoadOptions>
  private stopped = false
  private running: Promise<unknown> | undefined

  constructor(writer: Writer, options: LoadOptions) {
    this.writer = writer
    this.options = { callSize: 20, window: 5, pauseMs: 20, filler: '', ...options }
  }

  start(): this {
    this.running = Promise.all(Array.from({ length: this.options.lanes }, (_, lane) => this.run(lane)))
    return this
  }

  /** Resolves when all calls are settled. */
  async stop(): Promise<void> {
    this.stopped = true
    await this.running
  }

  /** Writes so many messages in each lane, in place of start and stop. */
  async write(each: number): Promise<void> {
    await Promise.all(Array.from({ length: this.options.lanes }, (_, lane) => this.run(lane, each)))
  }

  private async run(lane: number, end = Number.POSITIVE_INFINITY): Promise<void> {
    const { callSize, window, pauseMs, filler } = this.options
    const calls = new Set<Promise<void>>()
    for (let next = 0; next < end && !this.stopped; ) {
      const texts = Array.from({ length: Math.min(callSize, end - next) }, () => `${lane}:${next++}`)
      const call = this.call(lane, texts, filler)
      calls.add(call)
      void call.then(() => calls.delete(call))
      if (calls.size >= window) await Promise.race(calls)
      // As users' calls come, rather than as quick as can be: what is read is committed batch by batch.
      await pause(pauseMs)
    }
    await Promise.all(calls)
  }

  private async call(lane: number, texts: readonly string[], filler: string): Promise<void> {
    for (const text of texts) this.attempted.add(text)
    const started = performance.now()
    try {
      await this.writer.writeMessages(texts.map(text => ({ key: String(lane), value: `${text} ${filler}` })))
      for (const text of texts) this.acknowledged.add(text)
    } catch (error) {
      this.failures.push(error)
    }
    this.slowest = Math.max(this.slowest, performance.now() - started)
  }
}

/** The `lane:number` of a message. */
export function numberOf(value: string): string {
  return value.slice(0, value.indexOf(' '))
}

/** What is wrong with `delivered`, the values in the order of each partition; all lists are empty when nothing is. */
export interface Audit {
  /** Acknowledged and not delivered. */
  lost: string[]
  /** Delivered and never written. */
  unexpected: string[]
  duplicates: string[]
  /** A lane's number after a higher one. */
  disorder: string[]
}

export const nothingWrong: Audit = { lost: [], unexpected: [], duplicates: [], disorder: [] }

export function audit({ attempted, acknowledged }: Load, delivered: readonly (readonly string[])[]): Audit {
  const found: Audit = { lost: [], unexpected: [], duplicates: [], disorder: [] }
  const seen = new Set<string>()
  for (const values of delivered) {
    const last = new Map<string, number>()
    for (const value of values) {
      const [lane, number] = value.split(':') as [string, string]
      if (!attempted.has(value)) found.unexpected.push(value)
      if (seen.has(value)) found.duplicates.push(value)
      else if (Number(number) < (last.get(lane) ?? -1)) found.disorder.push(`${value} after ${last.get(lane)}`)
      seen.add(value)
      last.set(lane, Math.max(Number(number), last.get(lane) ?? -1))
    }
  }
  for (const value of acknowledged) if (!seen.has(value)) found.lost.push(value)
  return found
}
