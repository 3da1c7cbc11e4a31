import { read } from 'node:fs'

const size = 512 * 1024

/** An input by pieces, which may lend their memory to others once they are given back. */
export interface Pieces extends AsyncIterable<Uint8Array> {
  /** Nothing looks at this piece any more. */
  release?(piece: Uint8Array): void
}

/**
 * A file by pieces of 512 KiB at most: there is no other side that would have to wait for them to fill. Memory that is
 * given back is read into again: new one costs its pages, and the garbage collector's time.
 */
export class FilePieces implements Pieces {
  readonly #fd: number
  readonly #free: Buffer[] = []

  constructor(fd: number) {
    this.#fd = fd
  }

  release({ buffer }: Uint8Array): void {
    this.#free.push(Buffer.from(buffer))
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (let coming = this.#read(); ; ) {
      const piece = await coming
      if (piece.length === 0) return
      // On its way while this one is worked at.
      coming = this.#read()
      coming.catch(() => {})
      yield piece
    }
  }

  #read(): Promise<Uint8Array> {
    const buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(size)
    return new Promise((resolve, reject) => {
      read(this.#fd, buffer, 0, size, null, (error, count) =>
        error === null ? resolve(buffer.subarray(0, count)) : reject(error),
      )
    })
  }
}
