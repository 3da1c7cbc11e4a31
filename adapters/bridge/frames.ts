import { ProtocolError } from '../../src/base/errors.ts'

// Size, and the first eight bytes of what follows: a request's API key, version and correlation id, or a response's
// correlation id.
const requestPrefix = 12
const responsePrefix = 8
const fetchKey = 1

/**
 * Follows the frames in one direction of a connection without keeping them, so that it is known where one ends and what
 * is under way; and so that nothing but Kafka goes through.
 */
export class FrameFollower {
  readonly #what: 'request' | 'response'
  readonly #most: number
  readonly #prefix: Uint8Array
  #prefixed = 0
  /** Bytes still to come of the frame whose prefix is known. */
  #left = 0
  /** Frames whose prefix has passed. */
  frames = 0
  /**
   * So many of the requests must be answered before an end does harm to nobody: those up to the last that is no Fetch.
   */
  owed = 0
  /** The correlation id of the last of them. */
  lastId: number | undefined

  constructor(what: 'request' | 'response', most: number) {
    this.#what = what
    this.#most = most
    this.#prefix = new Uint8Array(what === 'request' ? requestPrefix : responsePrefix)
  }

  /** Whether a frame has just ended, or none began. */
  get between(): boolean {
    return this.#left === 0 && this.#prefixed === 0
  }

  /**
   * Follows these bytes; with `stopping`, no further than the end of the frame under way. Answers how many were
   * followed. A ProtocolError when they can't be Kafka's.
   */
  follow(bytes: Uint8Array, stopping = false): number {
    let at = 0
    while (at < bytes.length) {
      if (stopping && this.between) return at
      if (this.#left > 0) {
        const taken = Math.min(this.#left, bytes.length - at)
        this.#left -= taken
        at += taken
      } else this.#enter(bytes[at++]!)
    }
    return at
  }

  #enter(byte: number): void {
    this.#prefix[this.#prefixed++] = byte
    // Checked as soon as it is known: the peer of something that isn't Kafka may wait for us.
    if (this.#prefixed === 4) this.#checkSize()
    if (this.#prefixed < this.#prefix.length) return
    this.#left = int32(this.#prefix, 0) - (this.#prefix.length - 4)
    this.lastId = int32(this.#prefix, this.#prefix.length - 4)
    this.frames++
    if (this.#what === 'request' && ((this.#prefix[4]! << 8) | this.#prefix[5]!) !== fetchKey) this.owed = this.frames
    this.#prefixed = 0
  }

  #checkSize(): void {
    const size = int32(this.#prefix, 0)
    const least = this.#prefix.length - 4
    if (size < least || size > this.#most)
      throw new ProtocolError(`a ${this.#what} of ${size} bytes (${least} to ${this.#most} are taken)`)
  }
}

function int32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}
