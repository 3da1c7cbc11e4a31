const least = 64 * 1024

/** Bytes that are gathered, to be written together. */
export class ByteSink {
  #buffer = Buffer.allocUnsafe(least)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Copies them. */
  bytes(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
  }

  text(text: string): void {
    // What one UTF-16 unit comes to at most.
    this.#makeRoom(text.length * 3)
    this.#length += this.#buffer.write(text, this.#length)
  }

  /** What was gathered; the next is gathered elsewhere, for a stream may take its time with this. */
  take(): Uint8Array {
    const taken = this.#buffer.subarray(0, this.#length)
    this.#buffer = Buffer.allocUnsafe(Math.max(least, this.#length))
    this.#length = 0
    return taken
  }

  #makeRoom(count: number): void {
    if (this.#length + count <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + count))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}
