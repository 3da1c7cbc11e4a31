// As much of ASN.1's DER as certificates are made of.

export function integer(value: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes.writeUInt32BE(value, 1)
  return der(0x02, bytes)
}

export function objectId(text: string): Buffer {
  const [first, second, ...rest] = text.split('.').map(Number)
  const bytes = [first! * 40 + second!]
  for (const part of rest) {
    const digits = [part & 0x7f]
    for (let left = part >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80)
    bytes.push(...digits)
  }
  return der(0x06, Buffer.from(bytes))
}

export function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, ...parts)
}

/** Tag, length, value. */
export function der(tag: number, ...parts: Buffer[]): Buffer {
  let value = Buffer.concat(parts)
  // An integer has no needless zeros in front.
  if (tag === 0x02) while (value.length > 1 && value[0] === 0 && value[1]! < 0x80) value = value.subarray(1)
  const { length } = value
  const prefix = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...prefix]), value])
}
