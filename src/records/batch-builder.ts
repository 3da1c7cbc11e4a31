import type { CompressionCodec } from '../compression/codec.ts'
import type { HeaderInput } from './message.ts'

/** What changes between two tries of the same batch. */
export interface BatchStamp {
  /** -1 without idempotence. */
  producerId: number
  producerEpoch: number
  baseSequence: number
  transactional?: boolean
  compression?: CompressionCodec | undefined
  level?: number | undefined
}

/** One partition's open batch: records are encoded as they are appended, into a buffer that grows and is used again after `reset`. */
export class BatchBuilder {
  /** Records so far. */
  count = 0
  /** Bytes so far, before compression, the 61-byte batch header included. */
  get size(): number {
    throw new Error('being written')
  }
  constructor(_options: { writeUtf8?: ((into: Uint8Array, at: number, text: string) => number) | undefined; capacity?: number } = {}) {}
  /** Adds a record. `timestamp` in milliseconds since 1970. Throws a ConfigError, and adds nothing, for what is no record. */
  append(
    _key: string | Uint8Array | null | undefined,
    _value: string | Uint8Array | null | undefined,
    _headers: readonly HeaderInput[] | null | undefined,
    _timestamp: number,
  ): void {
    throw new Error('being written')
  }
  /** A view of the finished batch, valid until the next call of this object. May be called again with another stamp: compression is done once. */
  finish(_stamp: BatchStamp): Uint8Array {
    throw new Error('being written')
  }
  reset(): void {}
  /** At least the bytes `append` would add; cheap: strings count three bytes a UTF-16 unit. */
  static sizeBound(_input: {
    key?: string | Uint8Array | null | undefined
    value?: string | Uint8Array | null | undefined
    headers?: readonly HeaderInput[] | null | undefined
  }): number {
    throw new Error('being written')
  }
}
