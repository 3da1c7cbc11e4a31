import type { Clock } from '../base/clock.ts'
import { isTemporary } from '../base/errors.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { MessageInput } from '../records/message-input.ts'
import { Queue } from '../socket/queue.ts'
import type { PartitionQueue } from './partition-queue.ts'
import type { Partitioner } from './partitioner.ts'
import type { PendingCall } from './pending-write.ts'
import type { BatchCompression } from './settings.ts'

/** A call that waits for its topics or for room in the buffer. Small: there may be hundreds of thousands. */
export interface WaitingCall {
  readonly messages: readonly MessageInput[]
  /** Of its topics, each once. */
  readonly partitioners: readonly Partitioner[]
  /** The time of messages that have none of their own. */
  readonly now: number
  readonly call: Pick<PendingCall, 'done' | 'refuse'>
  /** Aborted, what is not taken in yet is not written. */
  readonly signal: AbortSignal | undefined
  readonly compression: BatchCompression
  /** When it came, by the clock's `monotonic`. */
  readonly since: number
  /** Where its messages go, if that is chosen before the first is taken in. */
  queues: readonly PartitionQueue[] | null
  /** How many were taken in. */
  taken: number
  over: boolean
}

export interface BacklogHost {
  readonly clock: Clock
  readonly deliveryTimeout: number
  /** Whether messages, or else any, for this topic can be taken in. */
  isReady(partitioner: Partitioner, compression: BatchCompression, messages?: readonly MessageInput[]): boolean
  /** Makes it so. Rejects with what keeps it from being so. */
  prepare(partitioner: Partitioner, compression: BatchCompression, timeoutMs: number): Promise<void>
  /** Takes in messages of the call, some at a time. Throws what is wrong with them. */
  take(call: WaitingCall): 'all' | 'some' | 'full'
  /** The error of a call that found no room for so long. */
  noRoom(call: WaitingCall): Error
  /** `takeIn` is to be called at the end of this turn. */
  schedule(): void
}

/** How long calls are taken in before others have their turn, in milliseconds. */
const slice = 5

/** Calls that wait, in one line for each topic, so that the order of calls is the order of messages. */
export class Backlog {
  readonly #host: BacklogHost
  readonly #lines = new Map<Partitioner, Queue<WaitingCall>>()
  readonly #asking = new Set<Partitioner>()
  /** The first in line found no room: nobody may go before it. */
  #full = false

  constructor(host: BacklogHost) {
    this.#host = host
  }

  get waits(): boolean {
    return this.#lines.size > 0
  }

  /** Whether a call for this topic has to wait for others. */
  holds(partitioner: Partitioner): boolean {
    return this.#lines.size > 0 && (this.#full || this.#lines.has(partitioner))
  }

  add(call: WaitingCall): void {
    for (const partitioner of call.partitioners) {
      let line = this.#lines.get(partitioner)
      if (line === undefined) {
        line = new Queue()
        this.#lines.set(partitioner, line)
      }
      line.push(call)
    }
    this.#host.schedule()
  }

  /** Resolves when all that wait now have been taken in or refused. */
  passed(): Promise<void> {
    if (this.#lines.size === 0) return Promise.resolve()
    return new Promise(resolve => {
      const call = { done: resolve, refuse: () => resolve() }
      const since = this.#host.clock.monotonic()
      const partitioners = [...this.#lines.keys()]
      this.add({
        messages: [],
        partitioners,
        now: 0,
        call,
        signal: undefined,
        compression: 0,
        since,
        queues: null,
        taken: 0,
        over: false,
      })
    })
  }

  /** Refuses all. */
  end(error: Error): void {
    for (const line of this.#lines.values()) for (const call of line) this.#refuse(call, error)
    this.#lines.clear()
    this.#full = false
  }

  /** Takes in what can be. Answers when to be called again if nothing happens before; Infinity for never. */
  takeIn(now: number): number {
    const until = now + slice
    let next = Number.POSITIVE_INFINITY
    this.#full = false
    for (const [partitioner, line] of this.#lines) {
      for (let steps = 1; ; steps++) {
        const call = first(line)
        if (call === undefined) {
          this.#lines.delete(partitioner)
          break
        }
        const took = this.#step(call, now)
        if (took === 'waits') {
          next = Math.min(next, call.since + this.#host.deliveryTimeout)
          break
        }
        if (took === 'full') {
          this.#full = true
          // Who got something lets the others go first.
          if (steps > 1) this.#toTheEnd(partitioner, line)
          return Math.min(next, call.since + this.#host.deliveryTimeout)
        }
        if (steps % 64 === 0 && this.#host.clock.monotonic() >= until) {
          this.#toTheEnd(partitioner, line)
          this.#host.schedule()
          return next
        }
      }
    }
    return next
  }

  /** Whether it went on with the first call of a line, and what keeps it else. */
  #step(call: WaitingCall, now: number): 'on' | 'waits' | 'full' {
    const { signal, partitioners, compression } = call
    const { deliveryTimeout } = this.#host
    if (signal?.aborted) return this.#refuse(call, signal.reason as Error)
    const late = now - call.since >= deliveryTimeout
    if (call.messages.length > 0) {
      const missing = partitioners.filter(partitioner => !this.#host.isReady(partitioner, compression, call.messages))
      for (const partitioner of missing) this.#ask(partitioner, now, call)
      if (missing.length > 0) return 'waits'
    }
    if (!partitioners.every(partitioner => first(this.#lines.get(partitioner)) === call)) return 'waits'
    try {
      const took = this.#host.take(call)
      if (took === 'some') return 'on'
      if (took === 'full') return late ? this.#refuse(call, this.#host.noRoom(call)) : 'full'
    } catch (error) {
      return this.#refuse(call, error as Error)
    }
    call.over = true
    call.call.done()
    return 'on'
  }

  #refuse(call: WaitingCall, error: Error): 'on' {
    if (!call.over) {
      call.over = true
      call.call.refuse(error, call.taken)
    }
    return 'on'
  }

  #toTheEnd(partitioner: Partitioner, line: Queue<WaitingCall>): void {
    this.#lines.delete(partitioner)
    this.#lines.set(partitioner, line)
  }

  /** Looks up a topic; those who waited for it from the beginning share the outcome. */
  #ask(partitioner: Partitioner, now: number, { since, compression }: WaitingCall): void {
    if (this.#asking.has(partitioner)) return
    this.#asking.add(partitioner)
    const host = this.#host
    const left = Math.max(1, since + host.deliveryTimeout - now)
    host.prepare(partitioner, compression, left).then(
      () => {
        this.#asking.delete(partitioner)
        host.schedule()
      },
      error => {
        this.#asking.delete(partitioner)
        const forAll = error instanceof KafkaError || !isTemporary(error)
        for (const call of this.#lines.get(partitioner) ?? [])
          if (forAll || call.since <= now) this.#refuse(call, error)
        host.schedule()
      },
    )
  }
}

/** The first that is not over; those before it leave the line. */
function first(line: Queue<WaitingCall> | undefined): WaitingCall | undefined {
  let call = line?.peek()
  while (call?.over) {
    line!.shift()
    call = line!.peek()
  }
  return call
}
