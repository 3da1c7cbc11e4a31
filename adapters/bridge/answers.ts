import { ProtocolError } from '../../src/base/errors.ts'

const prefixLength = 4
// No answer is smaller: it begins with a correlation id.
const leastAnswer = 4

/**
 * What a client hears: the broker's answers, followed without being kept, and between them the bridge's own, each in
 * its request's turn.
 */
export class Answers {
  readonly #most: number
  readonly #prefix = new Uint8Array(prefixLength)
  #prefixed = 0
  /** Bytes still to come of the answer whose size is known. */
  #left = 0
  /** Answers of the bridge's that wait, and after how many of the broker's their turn is. */
  readonly #own: { readonly after: number; readonly bytes: Uint8Array }[] = []
  /** Bytes of those. */
  ownBytes = 0
  /** Whole answers of the broker's so far. */
  count = 0

  /** `most`: bytes of an answer. */
  constructor(most: number) {
    this.#most = most
  }

  /** Whether an answer of the broker's has just ended, or none began. */
  get between(): boolean {
    return this.#left === 0 && this.#prefixed === 0
  }

  /** Own answers that wait for their turn. */
  get waiting(): number {
    return this.#own.length
  }

  /** Takes an answer that comes after so many of the broker's. */
  add(after: number, bytes: Uint8Array): void {
    this.#own.push({ after, bytes })
    this.ownBytes += bytes.length
  }

  /** An own answer whose turn it is, once; undefined when there is none. */
  due(): Uint8Array | undefined {
    if (!this.between || this.#own.length === 0 || this.#own[0]!.after > this.count) return undefined
    const { bytes } = this.#own.shift()!
    this.ownBytes -= bytes.length
    return bytes
  }

  /**
   * Follows these bytes of the broker's up to their end, or to where an own answer is due: answers how many those are.
   * A ProtocolError when they can't be Kafka's.
   */
  follow(bytes: Uint8Array): number {
    let at = 0
    while (at < bytes.length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, bytes.length - at)
        this.#left -= taken
        at += taken
        if (this.#left > 0) return at
        this.count++
        if (this.#own.length > 0 && this.#own[0]!.after <= this.count) return at
      } else this.#enter(bytes[at++]!)
    }
    return at
  }

  #enter(byte: number): void {
    this.#prefix[this.#prefixed++] = byte
    if (this.#prefixed < prefixLength) return
    this.#prefixed = 0
    const size = new DataView(this.#prefix.buffer).getInt32(0)
    if (size < leastAnswer || size > this.#most)
      throw new ProtocolError(`a response of ${size} bytes (${leastAnswer} to ${this.#most} are taken)`)
    this.#left = size
  }
}
