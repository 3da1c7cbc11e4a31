import { deferred } from '../base/deferred.ts'
import { ConfigError, TimeoutError } from '../base/errors.ts'
import { FifoLock } from '../base/fifo-lock.ts'
import { given, oneOf, shown } from '../base/settings.ts'
import { type CallOptions, linkSignals } from '../base/signals.ts'
import { IsolationLevel } from '../protocol/offsets.ts'
import type { Message } from '../records/message.ts'
import { Batch } from './batch.ts'
import type { Call, ConnCalls } from './calls.ts'
import { type ReadBatchConfig, readBatchSettings } from './config.ts'
import { defaultMaxBytes, fetchBatch } from './fetch-batch.ts'
import { needTopic } from './offsets.ts'
import type { Bounds, ConnPosition } from './position.ts'

/** So long a read waits for a batch that its user has left open, in milliseconds. */
const openFor = 30_000

/** Reads a Conn's partition, a batch at a time: each read begins where the one before has left off. */
export class ConnReads {
  readonly #place: { readonly topic: string; readonly partition: number }
  readonly #calls: ConnCalls
  readonly #position: ConnPosition
  readonly #bounds: (call: Call) => Promise<Bounds>
  readonly #turns = new FifoLock()
  /** Handed out, and not closed yet. */
  #open: Batch | undefined

  constructor(
    place: { readonly topic: string; readonly partition: number },
    calls: ConnCalls,
    position: ConnPosition,
    bounds: (call: Call) => Promise<Bounds>,
  ) {
    this.#place = place
    this.#calls = calls
    this.#position = position
    this.#bounds = bounds
  }

  value(buffer: Uint8Array, options: CallOptions | undefined, extra: readonly unknown[]): Promise<number> {
    return this.#calls.read('read', options, extra, async call => {
      if (buffer?.BYTES_PER_ELEMENT !== 1) throw new ConfigError(`read: a Uint8Array is wanted, not ${shown(buffer)}`)
      return this.#next({ maxBytes: Math.max(1, buffer.length) }, call, batch => batch.read(buffer))
    })
  }

  message(maxBytes: number | undefined, options: CallOptions | undefined, extra: readonly unknown[]): Promise<Message> {
    return this.#calls.read('readMessage', options, extra, async call => {
      const config = checked('readMessage', maxBytes === undefined ? {} : { maxBytes })
      return this.#next(config, call, batch => batch.readMessage())
    })
  }

  /** Resolves with a Batch whatever fails; rejects with ConfigErrors and the signal's reason alone. */
  async batch(
    method: string,
    given: ReadBatchConfig,
    options: CallOptions | undefined,
    extra: readonly unknown[],
  ): Promise<Batch> {
    const config = checked(method, given)
    let made: Batch | undefined
    try {
      return await this.#calls.read(method, options, extra, async call => {
        made = await this.#hold(config, call)
        return made
      })
    } catch (failure) {
      // It came too late: nobody would close it.
      made?.[Symbol.dispose]()
      if (options?.signal?.aborted || failure instanceof ConfigError) throw failure
      return new Batch({ ...this.#place, offset: -1, fetched: { failure: failure as Error }, onEnd: () => {} })
    }
  }

  /** A batch that keeps others from reading until it is closed. */
  async #hold(config: ReadBatchConfig, call: Call): Promise<Batch> {
    const opened = deferred<Batch>()
    const turn = this.#inTurn(call, async () => {
      const closed = deferred<void>()
      const batch = await this.#fetch(config, call, closed.resolve)
      this.#open = batch
      opened.resolve(batch)
      if (call.signal.aborted) batch[Symbol.dispose]()
      await closed.promise
      this.#open = undefined
    })
    turn.catch(opened.reject)
    return opened.promise
  }

  /** What `take` takes of the next batch that has something: not null. */
  async #next<T>(config: ReadBatchConfig, call: Call, take: (batch: Batch) => T | null): Promise<T> {
    return this.#inTurn(call, async () => {
      for (;;) {
        const batch = await this.#fetch(config, call, () => {})
        try {
          const taken = take(batch)
          if (taken !== null) return taken
        } finally {
          // What it has to say was thrown by `take`.
          batch[Symbol.dispose]()
        }
      }
    })
  }

  async #fetch(config: ReadBatchConfig, call: Call, closed: () => void): Promise<Batch> {
    needTopic(this.#place.topic)
    const { era } = this.#position
    const { caller, reading } = this.#calls
    const place = { ...this.#place, offset: -1 }
    const onEnd = (offset: number): void => {
      if (offset >= 0) this.#position.advance(offset, era)
      closed()
    }
    try {
      place.offset = await this.#position.resolve(() => this.#bounds(call))
      const fetched = await fetchBatch(caller, place, config, () => reading.remaining, call)
      return new Batch({ ...place, fetched, onEnd })
    } catch (failure) {
      if (call.signal.aborted || failure instanceof ConfigError) throw failure
      return new Batch({ ...place, fetched: { failure: failure as Error }, onEnd })
    }
  }

  /** Waits for those before, but not for ever for a batch that nobody closes. */
  async #inTurn<T>({ signal }: Call, task: () => Promise<T>): Promise<T> {
    const { controller, signal: patient, release } = linkSignals(signal)
    let cancel: (() => void) | undefined
    const watch = (): void => {
      const open = this.#open
      cancel = this.#calls.caller.clock.after(openFor, () => {
        if (open === undefined || open !== this.#open) watch()
        else controller.abort(new TimeoutError(`a batch was left open for ${openFor} ms: close() it to read on`))
      })
    }
    if (this.#turns.count > 0) watch()
    try {
      return await this.#turns.take({ signal: patient }, () => {
        cancel?.()
        return task()
      })
    } finally {
      cancel?.()
      release()
    }
  }
}

/** The settings that were given; a ConfigError for what can't work. */
function checked(method: string, all: ReadBatchConfig): ReadBatchConfig {
  const config = given(`${method}()`, all, readBatchSettings)
  const {
    minBytes = 1,
    maxBytes = defaultMaxBytes,
    maxWait = 0,
    isolationLevel = IsolationLevel.ReadUncommitted,
  } = config
  for (const [name, value, least] of [
    ['minBytes', minBytes, 0],
    ['maxBytes', maxBytes, 1],
    ['maxWait', maxWait, 0],
  ] as const)
    if (!Number.isInteger(value) || value < least || value > 0x7fffffff)
      throw new ConfigError(`${name} must be a whole number from ${least} to 2147483647, is ${value}`)
  if (minBytes > maxBytes) throw new ConfigError(`minBytes (${minBytes}) must not be above maxBytes (${maxBytes})`)
  return { ...config, isolationLevel: oneOf('isolationLevel', isolationLevel, IsolationLevel) }
}
