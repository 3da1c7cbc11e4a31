import { atCaller } from '../base/call-site.ts'
import type { BatchReceipt, WriteOptions, WriteReceipt } from './config.ts'
import { WriteErrors } from './errors.ts'

/** What those who wait are told of a batch. */
export interface SettledBatch extends BatchReceipt {
  /** For each record its message's index in its call. */
  readonly indexes: readonly number[]
}

/** Someone who waits for records [from, to) of a batch. */
export interface PendingWrite {
  /** One more run of records to wait for. */
  joined(): void
  /** The batch with these records of the call's was written, or failed with `error`. */
  settled(batch: SettledBatch, from: number, to: number, error: Error | null): void
}

/** A call whose messages are taken in one by one, perhaps later. */
export interface PendingCall extends PendingWrite {
  /** All its messages were taken in. */
  done(): void
  /** Only the first `taken` were. */
  refuse(error: Error, taken: number): void
}

/**
 * The promise of someone who waits. Its errors are made on the way to the caller, so that their stacks name the line
 * that waits.
 */
class Outcome<T> {
  readonly promise: Promise<T>
  #resolve!: (value: T | Promise<T>) => void

  constructor() {
    this.promise = new Promise<T>(resolve => {
      this.#resolve = resolve
    })
  }

  succeed(value: T): void {
    this.#resolve(value)
  }

  fail(makeError: () => unknown): void {
    this.#resolve(atCaller(makeError))
  }
}

/** A writeMessages call: waits for all batches its messages went into. */
export class ListWrite extends Outcome<void> implements PendingCall {
  readonly #count: number
  readonly #onWritten: WriteOptions['onWritten']
  /** Runs of records still out, and one for the call itself while it is being enqueued. */
  #left = 1
  #errors: (Error | null)[] | null = null

  constructor(count: number, onWritten?: WriteOptions['onWritten']) {
    super()
    this.#count = count
    this.#onWritten = onWritten
  }

  joined(): void {
    this.#left++
  }

  settled(batch: SettledBatch, from: number, to: number, error: Error | null): void {
    try {
      if (error === null) this.#onWritten?.(batch, from, to)
    } catch (thrown) {
      error = thrown as Error
    }
    if (error !== null) for (let record = from; record < to; record++) this.#fail(batch.indexes[record]!, error)
    this.done()
  }

  refuse(error: Error, taken: number): void {
    if (taken === 0) return this.fail(() => error)
    for (let index = taken; index < this.#count; index++) this.#fail(index, error)
    this.done()
  }

  /** One run less to wait for; after the last the caller is told. */
  done(): void {
    if (--this.#left > 0) return
    const errors = this.#errors
    if (errors === null) this.succeed(undefined)
    else this.fail(() => new WriteErrors(errors))
  }

  #fail(index: number, error: Error): void {
    this.#errors ??= new Array(this.#count).fill(null)
    this.#errors[index] = error
  }
}

/**
 * The calls of one message each that share a batch, and so a promise. Once the batch is split the parts may fare
 * differently; all wait for the last part then, and a failure of any is told to all. So only messages that surely fit
 * into a batch of their own are taken in.
 */
export class SharedWrite extends Outcome<void> implements PendingWrite {
  #left = 1
  #error: Error | null = null

  joined(): void {
    this.#left++
  }

  settled(_batch: SettledBatch, _from: number, _to: number, error: Error | null): void {
    this.#error ??= error
    if (--this.#left > 0) return
    const failed = this.#error
    if (failed === null) this.succeed(undefined)
    else this.fail(() => new WriteErrors([failed]))
  }
}

/** A writeMessage call: wants to know where its message went. */
export class ReceiptWrite extends Outcome<WriteReceipt> implements PendingCall {
  readonly #timestamp: number

  /** `timestamp` is the message's own. */
  constructor(timestamp: number) {
    super()
    this.#timestamp = timestamp
  }

  joined(): void {}

  done(): void {}

  refuse(error: Error): void {
    this.fail(() => error)
  }

  settled(batch: SettledBatch, from: number, _to: number, error: Error | null): void {
    if (error !== null) return this.fail(() => error)
    const { topic, partition } = batch
    this.succeed({ topic, partition, offset: batch.offsetOf(from), timestamp: batch.timeOf(this.#timestamp) })
  }
}

/** An async writer's call: waits until its messages are taken in, not for their batches. */
export class TakenWrite extends Outcome<void> {
  done(): void {
    this.succeed(undefined)
  }

  refuse(error: Error): void {
    this.fail(() => error)
  }
}

/** A flush: waits for batches, whatever becomes of them. */
export class FlushWrite extends Outcome<void> implements PendingWrite {
  #left = 1

  joined(): void {
    this.#left++
  }

  settled(): void {
    this.done()
  }

  done(): void {
    if (--this.#left === 0) this.succeed(undefined)
  }
}
