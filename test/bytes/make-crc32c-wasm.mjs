#!/usr/bin/env node
// Assembles the WebAssembly module of src/bytes/crc32c-wasm.ts and writes it there as base64: `node
// test/bytes/make-crc32c-wasm.mjs`, no argument, no dependency. `--print` writes the base64 to standard output instead
// (the test compares it with what is checked in).
//
// How it works. A CRC is a remainder of polynomials over GF(2), so a multiple of the CRC's polynomial P may be added to
// the message without changing it. P has a multiple with few terms, all exponents multiples of 32:
//     x^(32*209) + x^(32*144) + x^(32*54) + x^(32*39) + x^(32*14) + 1 = 0 (mod P)
// so a 32-bit word may be taken out of the message if it is added to the words 209-144, 209-54, 209-39, 209-14 and 209
// places further on. Pulling instead of pushing, word i becomes itself plus the words 65, 155, 170, 195 and 209 places
// before it: loads and xors alone, no table and no carry-less product, and as the nearest source is 65 words away, 32
// bytes at a time fit in SIMD registers. What remains in the end, the last 209 words and a few, goes through the
// sixteen tables.
import { readFileSync, writeFileSync } from 'node:fs'

const polynomial = 0x1edc6f41
const exponents = [209, 144, 54, 39, 14, 0]
/** Distances in bytes from a word to those that are added to it, nearest first. */
const distances = [144, 54, 39, 14, 0].map(exponent => 4 * (209 - exponent))
const reach = distances.at(-1)

// x^(32 e) modulo P for each exponent; their sum must vanish.
const powerOfX32 = exponent => {
  let value = 1
  for (let i = 0; i < 32 * exponent; i++) value = value & 0x80000000 ? (value << 1) ^ polynomial : value << 1
  return value
}
if (exponents.reduce((sum, exponent) => sum ^ powerOfX32(exponent), 0) !== 0)
  throw new Error('not a multiple of the polynomial')

// ---- an assembler, as far as needed: every function answers bytes, operands first
const unsigned = value => (value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)])
const signed = value => (value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)])
const counted = items => [...unsigned(items.length), ...items.flat()]
const section = (id, items) => [id, ...counted(counted(items))]
const name = text => counted([...text].map(char => char.charCodeAt(0)))

const i32 = 0x7f
const get = local => [0x20, local]
const set = (local, value) => [...value, 0x21, local]
const number = value => [0x41, ...signed(value)]
const binary = opcode => (left, right) => [...left, ...right, opcode]
const add = binary(0x6a)
const sub = binary(0x6b)
const and = binary(0x71)
const xor = binary(0x73)
const shiftLeft = binary(0x74)
const shiftRight = binary(0x76)
const below = binary(0x49)
const atMost = binary(0x4d)
const load = (address, offset = 0) => [...address, 0x28, 2, ...unsigned(offset)]
const loadByte = address => [...address, 0x2d, 0, 0]
const store = (address, value, offset = 0) => [...address, ...value, 0x36, 2, ...unsigned(offset)]
const load128 = (address, offset = 0) => [...address, 0xfd, 0, 0, ...unsigned(offset)]
const store128 = (address, value, offset = 0) => [...address, ...value, 0xfd, 0x0b, 0, ...unsigned(offset)]
const xor128 = (left, right) => [...left, ...right, 0xfd, 0x51]
const call = (index, ...operands) => [...operands.flat(), 0x10, index]
const repeatWhile = (condition, ...body) => [0x03, 0x40, ...condition, 0x04, 0x40, ...body.flat(), 0x0c, 1, 0x0b, 0x0b]
const step = (local, by) => set(local, add(get(local), number(by)))

// ---- the module; memory: the tables at 0, the message wherever the caller puts it, `reach` readable bytes in front
const [p, end, third] = [0, 1, 2]

/** fold(p, end): adds to each word of [p, end), a multiple of 32 bytes, its five sources. */
const fold = [
  // p runs `reach` behind, so that every offset is positive.
  ...set(p, sub(get(p), number(reach))),
  ...set(end, sub(get(end), number(reach))),
  ...repeatWhile(
    below(get(p), get(end)),
    ...[0, 16].map(half =>
      store128(
        get(p),
        distances.reduce(
          (sum, distance) => xor128(sum, load128(get(p), reach - distance + half)),
          load128(get(p), reach + half),
        ),
        reach + half,
      ),
    ),
    step(p, 32),
  ),
]

/**
 * carry(p, distance): adds the `distance` bytes before p to those from p on: what is folded onto the part that is not.
 */
const carryEnd = third
const carry = [
  ...set(carryEnd, add(get(p), get(1))),
  ...repeatWhile(
    atMost(add(get(p), number(16)), get(carryEnd)),
    store128(get(p), xor128(load128(get(p)), load128(sub(get(p), get(1))))),
    step(p, 16),
  ),
  ...repeatWhile(below(get(p), get(carryEnd)), store(get(p), xor(load(get(p)), load(sub(get(p), get(1))))), step(p, 4)),
]

/** slice(p, end): the CRC register over [p, end), begun with 0, by the sixteen tables. */
const crc = third
const words = [3, 4, 5, 6]
const entry = (table, index) => load(shiftLeft(index, number(2)), table * 1024)
const byteOf = (local, k) => and(k === 0 ? get(local) : shiftRight(get(local), number(8 * k)), number(255))
const slice = [
  ...repeatWhile(
    atMost(add(get(p), number(16)), get(end)),
    ...words.map((word, i) => set(word, i === 0 ? xor(get(crc), load(get(p))) : load(get(p), 4 * i))),
    set(
      crc,
      words
        .flatMap((word, i) => [0, 1, 2, 3].map(k => entry(15 - 4 * i - k, byteOf(word, k))))
        .reduce((sum, one) => xor(sum, one)),
    ),
    step(p, 16),
  ),
  ...repeatWhile(
    below(get(p), get(end)),
    set(crc, xor(entry(0, and(xor(get(crc), loadByte(get(p))), number(255))), shiftRight(get(crc), number(8)))),
    step(p, 1),
  ),
  ...get(crc),
]

/** finish(p, end): the register over [p, end), at least `reach` bytes of it. */
const folded = third
const finish = [
  ...set(folded, add(get(p), and(sub(sub(get(end), get(p)), number(reach)), number(-32)))),
  ...call(0, get(p), get(folded)),
  ...distances.flatMap(distance => call(1, get(folded), number(distance))),
  ...call(2, get(folded), get(end)),
]

const body = (locals, code) => counted([...counted(locals === 0 ? [] : [[locals, i32]]), ...code, 0x0b])
const module = [
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, [
    [0x60, 2, i32, i32, 0],
    [0x60, 2, i32, i32, 1, i32],
  ]),
  ...section(3, [[0], [0], [1], [1]]),
  ...section(5, [[0, 4]]), // four pages: 256 KiB
  ...section(7, [
    [...name('memory'), 2, 0],
    [...name('fold'), 0, 0],
    [...name('finish'), 0, 3],
  ]),
  ...section(10, [body(0, fold), body(1, carry), body(5, slice), body(1, finish)]),
]

const base64 = Buffer.from(module).toString('base64')
if (process.argv.includes('--print')) {
  process.stdout.write(base64)
} else {
  const target = new URL('../../src/bytes/crc32c-wasm.ts', import.meta.url)
  const marked = /(\/\/ begin: made by tools\/crc32c-wasm\.mjs\n)[\s\S]*(\/\/ end\n)/
  const lines = base64.match(/.{1,120}/g).map(line => `  '${line}'`)
  const source = readFileSync(target, 'utf8')
  if (!marked.test(source)) throw new Error('the place for the module is not marked')
  writeFileSync(
    target,
    source.replace(marked, (_, begin, after) => `${begin}const moduleBase64 =\n${lines.join(' +\n')}\n${after}`),
  )
  console.log(`${module.length} bytes`)
}
