// Short ASCII strings (topic names, hosts, header keys) are quicker in a loop than through the decoder or encoder,
// whose calls cost as much as 20 bytes. Four at a time: each piece of text added costs more than the bytes in it.
const shortest = 20

// One decoder and one encoder for all: both are stateless in the way they are used here. They are not "live" objects,
// and exist in every scope.
let decoder: InstanceType<typeof TextDecoder> | undefined
let encoder: InstanceType<typeof TextEncoder> | undefined

/** The text of bytes[start, end). Malformed sequences become U+FFFD, as in Java. */
export function readUtf8(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= shortest) {
    let text = ''
    let at = start
    for (; at + 4 <= end; at += 4) {
      const [a, b, c, d] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!]
      if ((a | b | c | d) > 0x7f) break
      text += String.fromCharCode(a, b, c, d)
    }
    for (; at < end; at++) {
      const byte = bytes[at]!
      if (byte > 0x7f) break
      text += String.fromCharCode(byte)
    }
    if (at === end) return text
  }
  decoder ??= new TextDecoder('utf-8', { ignoreBOM: true })
  return decoder.decode(bytes.subarray(start, end))
}

/** Writes `text` at `at` and answers the bytes written. `into` must have room for three bytes a UTF-16 unit. */
export function writeUtf8(into: Uint8Array, at: number, text: string): number {
  const length = text.length
  if (length <= shortest) {
    let i = 0
    for (; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) break
      into[at + i] = code
    }
    if (i === length) return length
  }
  encoder ??= new TextEncoder()
  return encoder.encodeInto(text, into.subarray(at)).written
}

/** The UTF-8 bytes of `text`. */
export function utf8(text: string): Uint8Array {
  encoder ??= new TextEncoder()
  return encoder.encode(text)
}

/** How many bytes `text` takes as UTF-8. */
export function utf8Length(text: string): number {
  let length = text.length
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x80) continue
    if (code < 0x800) length += 1
    else {
      // Three bytes, a lone surrogate (U+FFFD) too; a pair is two units and four bytes.
      length += 2
      if (code >= 0xd800 && code < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++
    }
  }
  return length
}
