import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../src/base/errors.ts'
import { ByteReader } from '../../src/bytes/reader.ts'
import { ByteWriter, concat } from '../../src/bytes/writer.ts'
import { type AnyApi, requestCodec, responseCodec } from '../../src/protocol/api.ts'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../../src/protocol/consumer-protocol.ts'
import { readRequest, readRequestHeader, requestFrame } from '../../src/protocol/headers.ts'
import { apis } from '../../src/protocol/registry.ts'
import type { Codec } from '../../src/schema/schema.ts'
import { generated } from '../protocol/values.ts'
import { repetitions } from '../support/effort.ts'
import { random } from '../support/random.ts'
import { mutated } from './mutate.ts'

// Of each (key, version) and direction, of which there are 632.
const cases = repetitions(4, 20, 1000)

interface Subject {
  readonly name: string
  readonly api: AnyApi
  readonly codec: Codec<unknown>
  /** Well-formed bytes. */
  readonly seeds: readonly Uint8Array[]
}

/** Both directions of an API at a version. */
function subjectsOf(api: AnyApi, version: number): Subject[] {
  return (['request', 'response'] as const).map(type => {
    const codec = (type === 'request' ? requestCodec : responseCodec)(api, version)
    const values = fc.sample(generated(api[type], version, version >= api.flexibleSince), {
      numRuns: 4,
      seed: version + 1,
    })
    return { name: `${api.name} v${version} ${type}`, api, codec, seeds: values.map(value => written(codec, value)) }
  })
}

const subjects = apis.flatMap(api =>
  Array.from({ length: api.maxVersion - api.minVersion + 1 }, (_, at) => subjectsOf(api, api.minVersion + at)).flat(),
)

function written(codec: Codec<unknown>, value: unknown): Uint8Array {
  const to = new ByteWriter()
  codec.write(to, value)
  return to.done().slice()
}

/** The value of the bytes, or the typed error; anything else fails the test. */
function read(codec: Codec<unknown>, bytes: Uint8Array): { value: unknown } | { error: ProtocolError } {
  try {
    return { value: codec.read(new ByteReader(bytes)) }
  } catch (error) {
    if (error instanceof ProtocolError) return { error }
    throw error
  }
}

/**
 * How many objects, array elements and fields a value has: what its memory is made of, besides the bytes themselves.
 */
function sizeOf(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 1
  let size = 1
  for (const inner of Object.values(value)) size += sizeOf(inner)
  return size
}

describe(`${cases} mutated messages for each of ${subjects.length} decoders`, () => {
  test('a typed error, or a value that can be written and is read the same again', { timeout: 600_000 }, () => {
    const next = random(20_261_123)
    const outcomes = { read: 0, refused: 0 }
    let slowest = 0
    for (const { name, codec, seeds } of subjects) {
      for (let round = 0; round < cases; round++) {
        const bytes = mutated(seeds[round % seeds.length]!, next)
        const startedAt = performance.now()
        const first = read(codec, bytes)
        slowest = Math.max(slowest, performance.now() - startedAt)
        if ('error' in first) {
          outcomes.refused++
          continue
        }
        outcomes.read++
        const second = read(codec, written(codec, first.value))
        expect(second, `${name}, round ${round}`).toEqual(first)
      }
    }
    // A single message takes microseconds; seconds would be a hang, less may be a busy machine.
    expect(slowest).toBeLessThan(5000)
    // Each way out must have been taken often, or the mutations are no test.
    expect(Math.min(...Object.values(outcomes))).toBeGreaterThan((cases * subjects.length) / 10)
  })
})

test('memory is bounded by the bytes there are, whatever lengths they claim', { timeout: 120_000 }, () => {
  const length = 16_384
  // All lengths small, all lengths huge, and counts of one in front of counts of many.
  const bombs = [
    [0],
    [1],
    [2],
    [0x7f],
    [0xff],
    [0, 0, 0, 1],
    [0, 0, 0x0f, 0xff],
    [0xff, 0x7f],
    [0x80, 0x80, 0x01],
    [0xff, 0xff, 0xff, 0xff, 0x0f],
  ]
  let most = 0
  for (const { name, codec, seeds } of subjects) {
    for (const pattern of bombs) {
      const bomb = Uint8Array.from({ length }, (_, at) => pattern[at % pattern.length]!)
      for (const bytes of [bomb, concat([seeds[0]!.subarray(0, 12), bomb])]) {
        const outcome = read(codec, bytes)
        if (!('value' in outcome)) continue
        const size = sizeOf(outcome.value)
        most = Math.max(most, size / bytes.length)
        expect(size / bytes.length, name).toBeLessThan(4)
      }
    }
  }
  expect(most).toBeGreaterThan(1)
})

test('mutated request frames, as a broker reads them', { timeout: 120_000 }, () => {
  const next = random(20_261_124)
  const outcomes = { read: 0, refused: 0 }
  for (const api of apis) {
    const values = fc.sample(generated(api.request, api.maxVersion, true), { numRuns: 4, seed: api.key })
    for (const value of values) {
      const frame = concat(requestFrame(api, api.maxVersion, 7, 'fuzz', value as never)).subarray(4)
      for (let round = 0; round < cases; round++) {
        try {
          const from = new ByteReader(mutated(frame, next))
          const header = readRequestHeader(from)
          const known = apis.find(({ key }) => key === header.apiKey)
          if (known !== undefined) readRequest(known, header.apiVersion, from)
          outcomes.read++
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw new Error(api.name, { cause: error })
          outcomes.refused++
        }
      }
    }
  }
  expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(cases)
})

test('mutated subscriptions and assignments, which come from other members of the group', { timeout: 120_000 }, () => {
  const next = random(20_261_125)
  const partitions = [{ topic: 'orders', partitions: [0, 1, 2] }]
  const seeds: [Uint8Array, (bytes: Uint8Array) => unknown][] = [
    [encodeSubscription({ topics: ['orders', 'bills'], ownedPartitions: partitions, rackId: 'a' }), decodeSubscription],
    [encodeAssignment({ assignedPartitions: partitions, userData: new Uint8Array(9) }), decodeAssignment],
  ]
  for (const [seed, decode] of seeds) {
    for (let round = 0; round < cases * 100; round++) {
      try {
        decode(mutated(seed, next))
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
      }
    }
  }
})
