/** What the codecs are timed on: what topics hold, and the two extremes. */
export const inputs: readonly { readonly name: string; make(length: number): Uint8Array }[] = [
  { name: 'JSON', make: jsonLines },
  { name: 'records', make: hundredByteRecords },
  { name: 'noise', make: noise },
  { name: 'one line', make: oneLine },
]

/** JSON lines as topics hold them: names again and again, numbers and identifiers that differ. */
export function jsonLines(length: number): Uint8Array {
  const next = numbers()
  const lines: string[] = []
  for (let size = 0; size < length; size += lines.at(-1)!.length) {
    const status = ['paid', 'open', 'shipped', 'returned'][next() >>> 30]
    lines.push(
      `{"id":"${next().toString(16)}${next().toString(16)}","customer":${next() % 10_000},"status":"${status}","amount":${next() % 1e6}}\n`,
    )
  }
  return new TextEncoder().encode(lines.join('')).slice(0, length)
}

/**
 * Values of 100 bytes with what a batch puts around each: some numbers that vary little, words, and half of it by
 * chance.
 */
function hundredByteRecords(length: number): Uint8Array {
  const next = numbers()
  const words = ['temperature', 'humidity', 'pressure', 'battery', 'signal', 'uptime', 'altitude', 'voltage']
  const bytes = new Uint8Array(length + 120)
  for (let at = 0; at < length; ) {
    const begin = at
    bytes.set([0xd4, 0x01, 0, (next() >>> 29) << 1, (at / 107) << 1, 1, 0xc8, 0x01], at)
    const text = `${words[next() >>> 29]}=${next() >>> 20};${words[next() >>> 29]}=${next() >>> 20};at=${next()};`
    new TextEncoder().encodeInto(text, bytes.subarray(at + 8))
    for (at += 8 + text.length; at < begin + 108; at++) bytes[at] = next() >>> 24
  }
  return bytes.slice(0, length)
}

function noise(length: number): Uint8Array {
  const next = numbers()
  return Uint8Array.from({ length }, () => next() >>> 24)
}

function oneLine(length: number): Uint8Array {
  const line = new TextEncoder().encode('2026-11-23T00:50:00.000Z INFO nothing to do, all queues are empty\n')
  return Uint8Array.from({ length }, (_, at) => line[at % line.length]!)
}

/** Unsigned numbers of 32 bits, always the same ones. */
function numbers(): () => number {
  let state = 42
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0)
}
