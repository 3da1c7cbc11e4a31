import { readFileSync } from 'node:fs'
import * as zlib from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { codecs as natives } from '../../adapters/shared/zlib.ts'
import { ProtocolError } from '../../src/base/errors.ts'
import { type CompressionCodec, DecompressionLimitError } from '../../src/compression/codec.ts'
import { Inflater } from '../../src/compression/inflate.ts'
import { Output } from '../../src/compression/output.ts'
import { mixed } from '../compression/inputs.ts'
import { readLz4, readSnappy } from '../compression/reference.ts'
import { gzip, lz4, snappy, zstd } from '../support/codecs.ts'
import { repetitions } from '../support/effort.ts'
import { random } from '../support/random.ts'
import { farFromSquare, growth } from './growth.ts'
import { mutated } from './mutate.ts'

const cases = repetitions(1_000, 10_000, 200_000)
const limit = 1024 * 1024

interface Subject {
  readonly name: string
  readonly decompress: CompressionCodec['decompress']
  /** Well-formed inputs of every kind the format has. */
  readonly seeds: readonly Uint8Array[]
  /** Another implementation's output of the same bytes; undefined when it refuses them. */
  oracle(bytes: Uint8Array): Uint8Array | undefined
  /** Whether it refuses just what is to be refused: then nothing that it reads may be refused. */
  readonly exact?: boolean
}

const quietly = (decompress: () => Uint8Array): Uint8Array | undefined => {
  try {
    return decompress()
  } catch {
    return undefined
  }
}

const plain = [mixed(40, 1), mixed(700, 2), mixed(3000, 3), new Uint8Array(5000), mixed(20_000, 4)]

const subjects: Subject[] = [
  {
    ...gzip,
    seeds: [
      ...plain.flatMap(input => [
        zlib.gzipSync(input, { level: 1 }),
        gzip.compress(input),
        zlib.gzipSync(input, { level: 0 }),
      ]),
      Buffer.concat([zlib.gzipSync('one'), zlib.gzipSync('two')]),
    ],
    oracle: bytes => quietly(() => natives.gzip!.decompress(bytes, limit)),
    exact: true,
  },
  {
    // gzip's checksum would hide what the decoder alone lets pass.
    name: 'DEFLATE alone',
    decompress(bytes) {
      const output = new Output('gzip', limit, bytes.length)
      const inflater = new Inflater(bytes, 0, bytes.length, output)
      inflater.stream()
      return output.done(inflater.length)
    },
    seeds: plain.flatMap(input => [0, 1, 6, 9].map(level => zlib.deflateRawSync(input, { level }))),
    oracle: bytes => quietly(() => zlib.inflateRawSync(bytes, { maxOutputLength: limit })),
  },
  {
    ...snappy,
    seeds: plain.flatMap(input => [snappy.compress(input), snappy.compress(input).subarray(20)]),
    oracle: readSnappy,
  },
  { ...lz4, seeds: plain.map(input => lz4.compress(input)), oracle: readLz4 },
  {
    ...zstd,
    seeds: [
      ...[...plain, mixed(40_000, 5)].map(input => zstd.compress(input)),
      // By Kafka's Java client: of unknown size, of two blocks, with codes of its own choice.
      ...['json-4', 'json-256'].map(frame =>
        readFileSync(new URL(`../../bench/codecs/frames/${frame}.zst`, import.meta.url)),
      ),
    ],
    // libzstd is there from Node 22.15 on; before that only what went wrong loudly is seen.
    // It isn't exact: libzstd doesn't look whether bits are left over.
    oracle: bytes => quietly(() => (natives.zstd ?? zstd).decompress(bytes, limit)),
  },
]

describe.each(subjects)('$name, $seeds.length seeds', ({ decompress, seeds, oracle, exact }) => {
  test(`${cases} damaged inputs: an error of ours, or what the oracle reads too; bounded time and memory`, {
    timeout: 1_800_000,
  }, async () => {
    const next = random(4711)
    const outcomes = { read: 0, refused: 0 }
    let largest = 0
    let slowest = 0
    for (let round = 0; round < cases; round++) {
      // node:zlib lets go of what it refused in a later turn only.
      if (round % 1000 === 0) await new Promise(setImmediate)
      const bytes = mutated(seeds[Math.floor(next() * seeds.length)]!, next)
      const hex = (): string => Buffer.from(bytes).toString('hex')
      let output: Uint8Array | undefined
      const begin = performance.now()
      try {
        output = decompress(bytes, limit)
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
      }
      slowest = Math.max(slowest, performance.now() - begin)
      if (output === undefined) {
        outcomes.refused++
        if (exact && oracle(bytes) !== undefined) throw new Error(`round ${round}: refused for no reason: ${hex()}`)
      } else {
        outcomes.read++
        largest = Math.max(largest, output.buffer.byteLength)
        const wanted = oracle(bytes)
        if (wanted === undefined || Buffer.compare(output, wanted) !== 0)
          throw new Error(`round ${round}: silently wrong: ${hex()}`)
      }
    }
    expect(slowest).toBeLessThan(1000)
    // What is handed out holds no more memory than it may fill.
    expect(largest).toBeLessThanOrEqual(limit)
    // Fewer may well be all refused.
    if (cases >= 10_000) expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(5)
  })

  test("noise with the format's beginning", { timeout: 600_000 }, () => {
    const next = random(815)
    for (let round = 0; round < cases / 5; round++) {
      const bytes = seeds[round % seeds.length]!.slice(0, 200)
      const from = Math.floor(next() * Math.min(bytes.length, 14))
      for (let at = from; at < bytes.length; at++) bytes[at] = next() * 256
      try {
        decompress(bytes, limit)
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
      }
    }
  })
})

const packers = [
  { ...gzip, by: 'us', pack: gzip.compress },
  { ...gzip, by: 'zlib', pack: (bytes: Uint8Array): Uint8Array => zlib.gzipSync(bytes) },
  { ...snappy, by: 'us', pack: snappy.compress },
  { ...lz4, by: 'us', pack: lz4.compress },
  { ...zstd, by: 'us', pack: zstd.compress },
]

describe.each(packers)('$name compressed by $by', ({ name, decompress, pack }) => {
  test('time grows with the input, not faster', {
    timeout: 60_000,
  }, () => {
    const small = pack(mixed(512 * 1024, 6))
    const large = pack(mixed(4096 * 1024, 6))
    expect(growth(small, large, bytes => decompress(bytes, 8 * limit))).toBeLessThan(farFromSquare)
  })

  test('a bomb stops at the limit with a typed error, having reserved no more', () => {
    const bomb = pack(new Uint8Array(64 * limit))
    const before = process.memoryUsage().arrayBuffers
    let error: unknown
    try {
      decompress(bomb, limit)
    } catch (thrown) {
      error = thrown
    }
    // Read before anything is collected: all that decompressing has reserved counts.
    const reserved = process.memoryUsage().arrayBuffers - before
    expect(error).toBeInstanceOf(DecompressionLimitError)
    expect((error as DecompressionLimitError).message).toContain(name)
    expect(reserved).toBeLessThanOrEqual(bomb.length + limit + 64 * 1024)
  })
})
