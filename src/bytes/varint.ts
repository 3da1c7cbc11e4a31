// Zigzag varints as records have them, by hand on a Uint8Array: the writers answer the next position.

/** Bytes of a value that is 0 or more. */
export function varintWidth(value: number): number {
  return value < 0x40 ? 1 : value < 0x2000 ? 2 : value < 0x100000 ? 3 : value < 0x8000000 ? 4 : 5
}

/** A value from 0 to 2^31 - 1. */
export function putVarint(bytes: Uint8Array, at: number, value: number): number {
  if (value < 0x40) {
    bytes[at] = value << 1
    return at + 1
  }
  // Unsigned from here on: doubled, 2^31 - 1 takes all 32 bits.
  let rest = (value << 1) >>> 0
  while (rest > 0x7f) {
    bytes[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[at++] = rest
  return at
}

export function varlongWidth(value: number): number {
  return value >= 0 && value < 0x8000000 ? varintWidth(value) : wideWidth(value)
}

/** Any safe integer. */
export function putVarlong(bytes: Uint8Array, at: number, value: number): number {
  return value >= 0 && value < 0x40000000 ? putVarint(bytes, at, value) : putWide(bytes, at, value)
}

// The rare cases are apart so that the common ones are small enough for the JIT to inline.

function wideWidth(value: number): number {
  const magnitude = value < 0 ? -1 - value : value
  let width = 1
  for (let most = 0x40; magnitude >= most; most *= 0x80) width++
  return width
}

function putWide(bytes: Uint8Array, at: number, value: number): number {
  const magnitude = value < 0 ? -1 - value : value
  // The zigzag form of 53 bits needs 54, more than a number holds exactly, so the first byte, which has the sign, is
  // split off.
  let rest = Math.floor(magnitude / 0x40)
  const low = ((magnitude % 0x40) << 1) | (value < 0 ? 1 : 0)
  bytes[at++] = rest === 0 ? low : low | 0x80
  while (rest > 0) {
    bytes[at++] = rest > 0x7f ? (rest % 0x80) | 0x80 : rest
    rest = Math.floor(rest / 0x80)
  }
  return at
}
