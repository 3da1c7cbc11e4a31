import type { Message } from '../records/message.ts'

/** A record as a RecordReader gives it. */
export type FetchedRecord = Message

/** Records one after another: what a fetch answers, and what produce takes. Each is read once. */
export class RecordReader<T = Message> implements IterableIterator<T> {
  #source: Iterator<T>

  constructor(...records: readonly T[]) {
    this.#source = records[Symbol.iterator]()
  }

  /** Reads from `source`, no sooner than asked. */
  static from<T>(source: Iterable<T>): RecordReader<T> {
    const reader = new RecordReader<T>()
    reader.#source = source[Symbol.iterator]()
    return reader
  }

  /** The next record; null at the end. Throws a ProtocolError when the batch it is in is damaged. */
  readRecord(): T | null {
    const { done, value } = this.#source.next()
    return done ? null : value
  }

  /** The next record. A ProtocolError for one that can't be read. */
  next(): IteratorResult<T> {
    return this.#source.next()
  }

  /** Itself. */
  [Symbol.iterator](): this {
    return this
  }
}
