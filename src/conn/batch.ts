import { refuseMore } from '../base/call-options.ts'
import { ConfigError, kindOf } from '../base/errors.ts'
import type { FetchResponse } from '../client/fetch.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import type { Message } from '../records/message.ts'
import { ShortBufferError } from './errors.ts'

/** What a Batch is made of. */
export interface BatchParts {
  readonly topic: string
  readonly partition: number
  /** Where it was asked for from. */
  readonly offset: number
  /** What the broker answered, or why there is no answer. */
  readonly fetched: FetchResponse | { readonly failure: Error }
  /** Called once, when nothing more is read of it: reading goes on at the offset. */
  readonly onEnd: (offset: number) => void
}

/**
 * Messages that came in one answer to a fetch. The Conn's next reads wait until this is closed, or has been read to its
 * end: `using batch = await conn.readBatch(…)`.
 */
export class Batch implements Iterable<Message> {
  readonly #fetched: FetchResponse | undefined
  readonly #partition: number
  readonly #onEnd: (offset: number) => void
  #offset: number
  #error: Error | null = null
  /** Someone was told of the error. */
  #told = false
  #ended = false

  /** Conn makes them. */
  constructor({ topic, partition, offset, fetched, onEnd }: BatchParts) {
    this.#partition = partition
    this.#offset = offset
    this.#onEnd = onEnd
    this.#fetched = 'failure' in fetched ? undefined : fetched
    if ('failure' in fetched) this.#fail(fetched.failure)
    else if (fetched.error !== null) this.#fail(fetched.error)
    else if (fetched.nextOffset === offset) this.#fail(timedOut(`${topic}/${partition}`, offset))
  }

  /** The offset of the next message; at the end, where reading goes on. */
  offset(...extra: never[]): number {
    refuseMore('offset', extra)
    return this.#offset
  }

  /** The offset after the last message of the partition that all replicas have; −1 if the fetch failed. */
  highWaterMark(...extra: never[]): number {
    refuseMore('highWaterMark', extra)
    return this.#fetched?.highWatermark ?? -1
  }

  /** The number of the partition that they came from. */
  partition(...extra: never[]): number {
    refuseMore('partition', extra)
    return this.#partition
  }

  /** How long the broker held the answer back for, in milliseconds. */
  throttle(...extra: never[]): number {
    refuseMore('throttle', extra)
    return this.#fetched?.throttle ?? 0
  }

  /**
   * What is wrong with the batch, null if nothing is, known before the first message is read: of an answer without
   * messages a KafkaError of code RequestTimedOut, else what the fetch or a damaged record failed with.
   */
  err(...extra: never[]): Error | null {
    refuseMore('err', extra)
    return this.#error
  }

  /** The next message; null at the end. Throws `err()`, then and from then on. */
  readMessage(...extra: never[]): Message | null {
    refuseMore('readMessage', extra)
    if (this.#error !== null) {
      this.#told = true
      throw this.#error
    }
    if (this.#ended) return null
    const message = this.#next()
    if (message === null) this.#end(this.#fetched!.nextOffset)
    else this.#offset = message.offset + 1
    return message
  }

  /**
   * Reads the next message's value into a buffer and answers its length, 0 for null; null at the end. A value that is
   * longer fills the buffer and throws a ShortBufferError: the batch is of no use any more, and the Conn's next read is
   * of that message again.
   */
  read(buffer: Uint8Array, ...extra: never[]): number | null {
    refuseMore('read', extra)
    if (buffer?.BYTES_PER_ELEMENT !== 1) throw new ConfigError(`read() needs a Uint8Array, not ${kindOf(buffer)}`)
    const message = this.readMessage()
    if (message === null) return null
    const value = message.value ?? none
    buffer.set(value.subarray(0, buffer.length))
    if (value.length <= buffer.length) return value.length
    this.#offset = message.offset
    this.#told = true
    throw this.#fail(new ShortBufferError(value.length, buffer.length))
  }

  /** Lets the Conn read on, behind what was read of this. Throws `err()` if there is any. */
  close(...extra: never[]): void {
    refuseMore('close', extra)
    this.#end(this.#offset)
    this.#told = true
    if (this.#error !== null) throw this.#error
  }

  /** As close(), but throws only what nobody was told of before. */
  [Symbol.dispose](): void {
    this.#end(this.#offset)
    if (!this.#told) this.close()
  }

  /** The messages one by one; does not close the batch when left early. */
  *[Symbol.iterator](): Iterator<Message> {
    for (let message = this.readMessage(); message !== null; message = this.readMessage()) yield message
  }

  #next(): Message | null {
    try {
      return this.#fetched!.records.readRecord()
    } catch (error) {
      this.#told = true
      throw this.#fail(error as Error)
    }
  }

  #fail(error: Error): Error {
    this.#error = error
    this.#end(this.#offset)
    return error
  }

  #end(offset: number): void {
    if (this.#ended) return
    this.#ended = true
    this.#offset = offset
    this.#onEnd(offset)
  }
}

const none = new Uint8Array(0)

function timedOut(name: string, offset: number): KafkaError {
  return new KafkaError(ErrorCode.RequestTimedOut, `nothing came for ${name} at offset ${offset}`)
}
