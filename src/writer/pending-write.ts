import type { Batch } from './batch.ts'
import type { WriteReceipt } from './config.ts'
import { WriteErrors } from './errors.ts'

/** Someone who waits for records [from, to) of a batch. */
export interface PendingWrite {
  /** One more run of records to wait for. */
  joined(): void
  /** The batch with these records of the call's was written, or failed with `error`. */
  settled(batch: Batch, from: number, to: number, error: Error | null): void
}

/** A writeMessages call: waits for all batches its messages went into. */
export class ListWrite implements PendingWrite {
  readonly promise: Promise<void>
  #resolve!: () => void
  #reject!: (reason: unknown) => void
  readonly #count: number
  /** Runs of records still out, and one for the call itself while it is being enqueued. */
  #left = 1
  #errors: (Error | null)[] | null = null

  constructor(count: number) {
    this.#count = count
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  joined(): void {
    this.#left++
  }

  settled(batch: Batch, from: number, to: number, error: Error | null): void {
    if (error !== null) for (let record = from; record < to; record++) this.fail(batch.indexes[record]!, error)
    this.done()
  }

  /** The call's message at `index` will not be written. */
  fail(index: number, error: Error): void {
    this.#errors ??= new Array(this.#count).fill(null)
    this.#errors[index] = error
  }

  /** One run less to wait for; after the last the caller is told. */
  done(): void {
    if (--this.#left > 0) return
    if (this.#errors === null) this.#resolve()
    else this.#reject(new WriteErrors(this.#errors))
  }
}

/**
 * The calls of one message each that share a batch, and so a promise. Once the batch is split the parts may fare differently; all wait for the
 * last part then, and a failure of any is told to all. So only messages that surely fit into a batch of their own are taken in.
 */
export class SharedWrite implements PendingWrite {
  readonly promise: Promise<void>
  #resolve!: () => void
  #reject!: (reason: unknown) => void
  #left = 1
  #error: Error | null = null

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  joined(): void {
    this.#left++
  }

  settled(_batch: Batch, _from: number, _to: number, error: Error | null): void {
    this.#error ??= error
    if (--this.#left > 0) return
    if (this.#error === null) this.#resolve()
    else this.#reject(new WriteErrors([this.#error]))
  }
}

/** A writeMessage call: wants to know where its message went. */
export class ReceiptWrite implements PendingWrite {
  readonly promise: Promise<WriteReceipt>
  #resolve!: (receipt: WriteReceipt) => void
  #reject!: (reason: unknown) => void

  readonly #timestamp: number

  /** `timestamp` is the message's own. */
  constructor(timestamp: number) {
    this.#timestamp = timestamp
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  joined(): void {}

  settled(batch: Batch, from: number, _to: number, error: Error | null): void {
    const { topic, index } = batch.queue
    if (error !== null) this.#reject(error)
    else this.#resolve({ topic: topic.name, partition: index, offset: batch.offsetOf(from), timestamp: batch.timeOf(this.#timestamp) })
  }
}
