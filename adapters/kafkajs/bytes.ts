/** Node's Buffer, where the runtime has it. */
const NodeBuffer = typeof Buffer === 'function' ? Buffer : undefined

/**
 * What Buffers make their parts by, where that is no Buffer() itself, which warns: a part costs half of what it does by
 * `Buffer.from`, that looks at what it is given first.
 */
const species = (NodeBuffer as { [Symbol.species]?: unknown } | undefined)?.[Symbol.species] as
  | (new (
      memory: ArrayBufferLike,
      at: number,
      length: number,
    ) => Buffer)
  | undefined
const Part = species !== NodeBuffer && species?.prototype === NodeBuffer?.prototype ? species : undefined

/** A part of some memory as a Buffer. */
export const bufferAt: (memory: ArrayBufferLike, at: number, length: number) => Buffer =
  NodeBuffer === undefined
    ? (memory, at, length) => readable(new Uint8Array(memory, at, length))
    : Part === undefined
      ? (memory, at, length) => NodeBuffer.from(memory as ArrayBuffer, at, length)
      : (memory, at, length) => new Part(memory, at, length)

/** The same bytes as a Buffer, without a copy. */
export function toBuffer(bytes: Uint8Array): Buffer {
  return bufferAt(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** A text as UTF-8, or bytes as they are. */
export function bufferOf(value: string | Uint8Array): Buffer {
  return toBuffer(typeof value === 'string' ? new TextEncoder().encode(value) : value)
}

/** Bytes with what users of kafkajs call on a Buffer most, for runtimes without one. */
class ReadableBytes extends Uint8Array {
  override toString(encoding = 'utf8'): string {
    if (encoding === 'hex') return Array.from(this, byte => byte.toString(16).padStart(2, '0')).join('')
    if (encoding === 'base64') return btoa(String.fromCharCode(...this))
    if (encoding === 'latin1' || encoding === 'binary' || encoding === 'ascii') return String.fromCharCode(...this)
    return new TextDecoder(encoding === 'utf-8' ? 'utf8' : encoding).decode(this)
  }

  equals(other: Uint8Array): boolean {
    return this.length === other.length && this.every((byte, i) => byte === other[i])
  }

  readUInt8(at = 0): number {
    return this.#view.getUint8(at)
  }

  readInt8(at = 0): number {
    return this.#view.getInt8(at)
  }

  readUInt16BE(at = 0): number {
    return this.#view.getUint16(at)
  }

  readInt16BE(at = 0): number {
    return this.#view.getInt16(at)
  }

  readUInt32BE(at = 0): number {
    return this.#view.getUint32(at)
  }

  readInt32BE(at = 0): number {
    return this.#view.getInt32(at)
  }

  readBigInt64BE(at = 0): bigint {
    return this.#view.getBigInt64(at)
  }

  readDoubleBE(at = 0): number {
    return this.#view.getFloat64(at)
  }

  get #view(): DataView {
    return new DataView(this.buffer, this.byteOffset, this.byteLength)
  }
}

function readable(bytes: Uint8Array): Buffer {
  return new ReadableBytes(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength) as unknown as Buffer
}
