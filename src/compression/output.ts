import { DecompressionLimitError } from './codec.ts'
import { viewOf } from './copy.ts'

/**
 * What a decompressor writes into: grows as needed, never past the limit. The buffer has a little more than that,
 * `slack` bytes, so that inner loops may look whether they went too far after a step (258 bytes at most) instead of
 * before.
 */
export class Output {
  static readonly slack = 320
  /** It grows to this at once: what repeats a lot becomes large out of very little. */
  private static readonly leastGrown = 16 * 1024
  bytes: Uint8Array
  view: DataView
  /** Up to this length nothing needs to be reserved. */
  room: number
  private readonly codec: string
  private readonly limit: number

  /** `expected` bytes are reserved at first: what the input claims, or a guess, cut to what that input could become. */
  constructor(codec: string, limit: number, expected: number) {
    this.codec = codec
    this.limit = limit
    this.room = Math.min(expected, limit)
    this.bytes = new Uint8Array(this.room + Output.slack)
    this.view = viewOf(this.bytes)
  }

  /**
   * Makes sure that `more` bytes fit behind the first `length`, and answers the buffer, which may be another one, with
   * another view.
   */
  reserve(length: number, more: number): Uint8Array {
    const needed = length + more
    if (needed > this.limit) throw new DecompressionLimitError(this.codec, this.limit)
    if (needed > this.room) this.grow(length, Math.max(needed, this.room * 2, Output.leastGrown))
    return this.bytes
  }

  /** That so much more is likely to come, all in all: it is reserved as far as the limit goes. */
  expect(length: number, more: number): void {
    if (length + more > this.room) this.grow(length, length + more)
  }

  private grow(length: number, room: number): void {
    this.room = Math.min(this.limit, room)
    const grown = new Uint8Array(this.room + Output.slack)
    grown.set(this.bytes.subarray(0, length))
    this.bytes = grown
    this.view = viewOf(grown)
  }

  /** The first `length` bytes. A copy where the buffer is much larger, as what reads them may keep it for long. */
  done(length: number): Uint8Array {
    if (length > this.limit) throw new DecompressionLimitError(this.codec, this.limit)
    return length >= this.bytes.length - this.bytes.length / 8 - Output.slack
      ? this.bytes.subarray(0, length)
      : this.bytes.slice(0, length)
  }
}
