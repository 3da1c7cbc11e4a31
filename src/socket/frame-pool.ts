// Smaller frames are cheaper to allocate anew than to keep.
const smallest = 16 * 1024
// Buffers come in steps of an eighth of a power of two, so that frames of nearly the same size can share them.
const steps = 8
// How much larger than the frame a kept buffer may be.
const slack = 4
// More are never looked through.
const mostKept = 64

/**
 * Keeps the memory of large frames for the next ones: fresh memory costs more than filling it. A frame taken must be
 * given back at most once, when no view of it is used any more; one that is never given back is simply collected.
 */
export class FramePool {
  readonly #kept: ArrayBuffer[] = []
  #bytes = 0
  readonly #maxBytes: number

  /** `maxBytes`: how much memory to keep for later, at most. Frames in use don't count. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Bytes kept for later. */
  get keptBytes(): number {
    return this.#bytes
  }

  /** A frame of `length` bytes, whose contents are whatever was there. */
  take(length: number): Uint8Array {
    return this.reuse(length) ?? new Uint8Array(length < smallest ? length : stepped(length)).subarray(0, length)
  }

  /** A kept frame of `length` bytes; undefined when none fits. */
  reuse(length: number): Uint8Array | undefined {
    let best = -1
    for (let i = 0; i < this.#kept.length; i++) {
      const capacity = this.#kept[i]!.byteLength
      if (
        capacity >= length &&
        capacity <= Math.max(length, smallest) * slack &&
        (best < 0 || capacity < this.#kept[best]!.byteLength)
      )
        best = i
    }
    if (best < 0) return undefined
    const [buffer] = this.#kept.splice(best, 1)
    this.#bytes -= buffer!.byteLength
    return new Uint8Array(buffer!, 0, length)
  }

  /** Gives back what `take` gave. */
  give(frame: Uint8Array): void {
    const buffer = frame.buffer
    const capacity = buffer.byteLength
    if (!(buffer instanceof ArrayBuffer) || frame.byteOffset !== 0 || capacity < smallest || capacity > this.#maxBytes)
      return
    // Given twice, it would be handed out twice.
    if (this.#kept.includes(buffer)) return
    while (this.#kept.length > 0 && (this.#bytes + capacity > this.#maxBytes || this.#kept.length >= mostKept))
      this.#bytes -= this.#kept.shift()!.byteLength
    this.#kept.push(buffer)
    this.#bytes += capacity
  }
}

function stepped(length: number): number {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(length)) - Math.log2(steps))
  return Math.ceil(length / step) * step
}
