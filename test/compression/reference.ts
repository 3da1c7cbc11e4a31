// The formats as slowly and plainly as their descriptions have them, to hold the real decoders against. Undefined:
// malformed.

function readSnappyBlock(bytes: Uint8Array): number[] | undefined {
  let at = 0
  let length = 0n
  for (let shift = 0n; ; shift += 7n) {
    const byte = bytes[at++]
    if (byte === undefined || shift > 28n) return undefined
    length |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) break
  }
  const output: number[] = []
  while (at < bytes.length) {
    const tag = bytes[at++]!
    let count = (tag >> 2) + 1
    let extra = [0, 1, 2, 4][tag & 3]!
    if ((tag & 3) === 0 && count > 60) extra = count - 60
    if ((tag & 3) === 1) count = ((tag >> 2) & 7) + 4
    if (at + extra > bytes.length) return undefined
    let number = 0
    for (let i = 0; i < extra; i++) number += bytes[at++]! * 256 ** i
    if ((tag & 3) === 0) {
      if (extra > 0) count = number + 1
      if (at + count > bytes.length) return undefined
      for (let i = 0; i < count; i++) output.push(bytes[at++]!)
    } else {
      if ((tag & 3) === 1) number += (tag >> 5) * 256
      if (number === 0 || number > output.length) return undefined
      for (let i = 0; i < count; i++) output.push(output[output.length - number]!)
    }
    if (output.length > length) return undefined
  }
  return BigInt(output.length) === length ? output : undefined
}

const snappyMagic = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]

export function readSnappy(bytes: Uint8Array): Uint8Array | undefined {
  const framed = (at: number): boolean =>
    bytes.length >= at + 16 && snappyMagic.every((byte, i) => bytes[at + i] === byte)
  if (!framed(0)) return from(readSnappyBlock(bytes))
  const output: number[] = []
  for (let at = 16; at < bytes.length; ) {
    if (framed(at)) {
      at += 16
      continue
    }
    if (at + 4 > bytes.length) return undefined
    const length = new DataView(bytes.buffer, bytes.byteOffset).getInt32(at)
    if (length < 0 || at + 4 + length > bytes.length) return undefined
    const block = readSnappyBlock(bytes.subarray(at + 4, at + 4 + length))
    if (block === undefined) return undefined
    output.push(...block)
    at += 4 + length
  }
  return Uint8Array.from(output)
}

/** Appends an LZ4 block to `output`; false when malformed. */
function readLz4Block(bytes: Uint8Array, output: number[], window: number): boolean {
  let at = 0
  const length = (nibble: number): number => {
    let total = nibble
    if (nibble === 15) {
      for (let byte = 255; byte === 255; total += byte) {
        if (at >= bytes.length) return Number.NaN
        byte = bytes[at++]!
      }
    }
    return total
  }
  for (;;) {
    const token = bytes[at++]
    if (token === undefined) return false
    const literals = length(token >> 4)
    if (!(at + literals <= bytes.length)) return false
    for (let i = 0; i < literals; i++) output.push(bytes[at++]!)
    if (at === bytes.length) return true
    if (at + 2 > bytes.length) return false
    const distance = bytes[at]! + bytes[at + 1]! * 256
    at += 2
    const matched = length(token & 15) + 4
    if (Number.isNaN(matched) || distance === 0 || distance > output.length - window) return false
    for (let i = 0; i < matched; i++) output.push(output[output.length - distance]!)
  }
}

/** One frame without checksums of its content, its header's not looked at. */
export function readLz4(bytes: Uint8Array): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const output: number[] = []
  const linked = (bytes[4]! & 0x20) === 0
  const largest = 1 << (8 + 2 * (bytes[5]! >> 4))
  for (let at = 7; ; ) {
    if (at + 4 > bytes.length) return undefined
    const word = view.getUint32(at, true)
    at += 4
    if (word === 0) return at === bytes.length ? from(output) : undefined
    const size = word & 0x7fffffff
    if (size > largest || at + size > bytes.length) return undefined
    const block = bytes.subarray(at, at + size)
    const before = output.length
    if (word >= 0x80000000) output.push(...block)
    else if (!readLz4Block(block, output, linked ? 0 : before)) return undefined
    if (output.length - before > largest) return undefined
    at += size
  }
}

function from(output: number[] | undefined): Uint8Array | undefined {
  return output === undefined ? undefined : Uint8Array.from(output)
}
