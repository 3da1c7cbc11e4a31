import { signalOf } from '../base/call-options.ts'
import { traced } from '../base/call-site.ts'
import { Deadline } from '../base/deadline.ts'
import { ClosedError, TimeoutError } from '../base/errors.ts'
import type { CallOptions } from '../base/signals.ts'
import { Caller } from '../client/caller.ts'
import type { RoundTripper } from '../transport/round-tripper.ts'
import { IoDeadline } from './io-deadline.ts'
import type { SoleBroker } from './sole-broker.ts'

/** What a call hands on: aborted by its user, by the deadline, and when the Conn is closed. */
export interface Call {
  readonly signal: AbortSignal
}

/** A request that changes something has so long where no deadline bounds it, in milliseconds. */
const patience = 30_000

/** How long close() waits for writes, in milliseconds. */
const closePatience = 5_000

/** The calls of one Conn: bounded by its deadlines, and refused once it is closed. */
export class ConnCalls {
  readonly reading: IoDeadline
  readonly writing: IoDeadline
  readonly broker: SoleBroker
  /** For what reads. */
  readonly caller: Caller
  readonly #name: string
  #closing: Promise<void> | undefined

  /** `name`: host:port, for errors. */
  constructor(broker: SoleBroker, name: string) {
    const deadline = (what: string): IoDeadline =>
      new IoDeadline(broker.clock, sent => new TimeoutError(`${name}: the ${what} deadline has passed`, { sent }))
    this.reading = deadline('read')
    this.writing = deadline('write')
    this.caller = new Caller(broker, name, 0)
    this.broker = broker
    this.#name = name
  }

  /** Under the read deadline. */
  async read<T>(
    method: string,
    options: CallOptions | undefined,
    extra: readonly unknown[],
    task: (call: Call) => Promise<T>,
  ): Promise<T> {
    return await traced(this.reading.run(signalOf(method, options, extra), signal => task({ signal })))
  }

  /** Under the write deadline, which the broker is told. */
  async write<T>(
    method: string,
    options: CallOptions | undefined,
    extra: readonly unknown[],
    task: (caller: Caller, call: Call) => Promise<T>,
    broker: RoundTripper = this.broker,
  ): Promise<T> {
    const run = this.writing.run(signalOf(method, options, extra), signal => {
      const milliseconds = Math.max(1, Math.min(this.writing.remaining, patience))
      return task(new Caller(broker, this.#name, milliseconds), { signal })
    })
    return await traced(run)
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  async #finish(): Promise<void> {
    const error = new ClosedError(`${this.#name}: the connection is closed`)
    this.reading.end(error)
    this.writing.refuse(error)
    const patience = new Deadline(closePatience, this.broker.clock)
    await patience.bound(this.writing.settled(), () => error).catch(() => {})
    this.writing.end(error)
    await this.broker.close()
  }
}
