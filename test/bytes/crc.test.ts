import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { crc32 } from '../../src/bytes/crc32.ts'
import { crc32c } from '../../src/bytes/crc32c.ts'
import { crc32c as crc32cPlain } from '../../src/bytes/crc32c-plain.ts'
import { crc32cSlice } from '../../src/bytes/crc32c-slice.ts'
import { crc32cWasm } from '../../src/bytes/crc32c-wasm.ts'

/** The register after one more byte, bit by bit, as the definition has it. */
function feed(polynomial: number, register: number, byte: number): number {
  register ^= byte
  for (let bit = 0; bit < 8; bit++) register = (register >>> 1) ^ (-(register & 1) & polynomial)
  return register
}

function slowCrc(polynomial: number, bytes: Uint8Array, start: number, end: number): number {
  let register = -1
  for (let i = start; i < end; i++) register = feed(polynomial, register, bytes[i]!)
  return ~register >>> 0
}

const castagnoli = 0x82f63b78
const noise = new Uint8Array(400_000)
for (let i = 0, state = 1; i < noise.length; i++) {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0
  noise[i] = state >>> 16
}
const checkString = new TextEncoder().encode('123456789')

describe('CRC-32C', () => {
  test('the standard check value and the vectors of RFC 3720', () => {
    expect(crc32c(checkString)).toBe(0xe3069283)
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e)
    expect(crc32c(new Uint8Array(0))).toBe(0)
  })

  test('every length up to 4,200 at every alignment agrees with the definition, by tables and by WebAssembly', () => {
    for (let align = 0; align < 4; align++) {
      let register = -1
      for (let length = 0; length <= 4200; length++) {
        const expected = ~register >>> 0
        const end = align + length
        if (~crc32cSlice(-1, noise, align, end) >>> 0 !== expected)
          expect.unreachable(`tables: ${length} bytes at ${align}`)
        if (length >= 836 && crc32cWasm(noise, align, end) !== expected)
          expect.unreachable(`WebAssembly: ${length} bytes at ${align}`)
        register = feed(castagnoli, register, noise[end]!)
      }
    }
  })

  test('without WebAssembly (Workers) it is the same', () => {
    expect(crc32cPlain(checkString)).toBe(0xe3069283)
    for (const [start, end] of [
      [0, 1023],
      [1, 1025],
      [3, 400_000],
    ] as const)
      expect(crc32cPlain(noise, start, end)).toBe(crc32c(noise, start, end))
  })

  test('ranges around the chunks in which WebAssembly takes them', () => {
    const chunk = 65536
    const lengths = [
      1024,
      chunk - 1,
      chunk,
      chunk + 1,
      chunk + 31,
      chunk + 835,
      chunk + 836,
      chunk + 837,
      2 * chunk,
      2 * chunk + 1,
      3 * chunk + 5,
      5 * chunk + 868,
    ]
    for (const length of lengths) {
      for (const start of [0, 3, 1001]) {
        const expected = ~crc32cSlice(-1, noise, start, start + length) >>> 0
        expect(crc32cWasm(noise, start, start + length), `${length} at ${start}`).toBe(expected)
      }
    }
    expect(~crc32cSlice(-1, noise, 7, 100_007) >>> 0).toBe(slowCrc(castagnoli, noise, 7, 100_007))
  })

  test('a view into a larger buffer is read from where it lies', () => {
    const view = noise.subarray(5, 9000)
    expect(crc32c(view)).toBe(slowCrc(castagnoli, noise, 5, 9000))
    expect(crc32c(view, 3, 500)).toBe(slowCrc(castagnoli, noise, 8, 505))
  })

  test('the module checked in is what its source assembles to', () => {
    const made = execFileSync(process.execPath, ['test/bytes/make-crc32c-wasm.mjs', '--print'], { encoding: 'utf8' })
    const source = readFileSync('src/bytes/crc32c-wasm.ts', 'utf8')
    const checkedIn = [...source.matchAll(/^ {2}'([A-Za-z0-9+/=]+)'/gm)].map(line => line[1]).join('')
    expect(checkedIn).toBe(made)
  })
})

describe('CRC-32C where WebAssembly is not to be had', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  const refusals: [string, unknown][] = [
    ['missing', undefined],
    [
      'refused, as workerd and a strict CSP do',
      {
        Module: class {
          constructor() {
            throw new Error('code generation disallowed')
          }
        },
      },
    ],
  ]
  test.each(refusals)('%s: the tables serve', async (_, host) => {
    vi.stubGlobal('WebAssembly', host)
    vi.resetModules()
    const { crc32c: fresh } = await import('../../src/bytes/crc32c.ts')
    const { crc32cWasm: wasm } = await import('../../src/bytes/crc32c-wasm.ts')
    expect(wasm(noise, 0, 5000)).toBeUndefined()
    expect(fresh(noise, 0, 5000)).toBe(slowCrc(castagnoli, noise, 0, 5000))
  })
})

describe('CRC-32', () => {
  test('the standard check value, and all short ranges', () => {
    expect(crc32(checkString)).toBe(0xcbf43926)
    for (let length = 0; length < 300; length++)
      expect(crc32(noise, length & 3, length)).toBe(slowCrc(0xedb88320, noise, length & 3, length))
    expect(crc32(noise, 1, 50_001)).toBe(slowCrc(0xedb88320, noise, 1, 50_001))
  })
})
