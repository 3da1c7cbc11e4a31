import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameReader, Opcode } from '../../adapters/shared/frames.ts'
import { ProtocolError } from '../../src/base/errors.ts'
import { repetitions } from '../support/effort.ts'

const runs = repetitions(200, 2_000, 20_000)

/** A server's frame. `size`: the least form its length may have, in bytes of the head. */
function serverFrame(opcode: number, payload: Uint8Array, final = true, size = 0): Uint8Array {
  const { length } = payload
  const first = (final ? 0x80 : 0) | opcode
  if (length < 126 && size <= 2) return Uint8Array.of(first, length, ...payload)
  if (length < 65_536 && size <= 4) return Uint8Array.of(first, 126, length >> 8, length & 0xff, ...payload)
  return Uint8Array.of(first, 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 0xff, length & 0xff, ...payload)
}

interface Heard {
  readonly payload: number[]
  readonly notices: [opcode: number, payload: number[]][]
}

/** All that a reader makes of the pieces. */
function hear(pieces: readonly Uint8Array[]): Heard {
  const reader = new FrameReader('broker:9092')
  const heard: Heard = { payload: [], notices: [] }
  for (const piece of pieces) {
    reader.give(piece)
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      if (next instanceof Uint8Array) heard.payload.push(...next)
      else heard.notices.push([next.opcode, [...next.payload]])
    }
  }
  return heard
}

function cut(stream: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let at = 0
  for (const length of cuts) {
    pieces.push(stream.subarray(at, at + length))
    at += length
  }
  return [...pieces, stream.subarray(at)]
}

const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
const cuts = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 40 })
/** A binary message in any number of frames, a text in one or two, or a control frame. */
const message = fc.oneof(
  fc.record({ kind: fc.constant(Opcode.Binary), parts: fc.array(bytes(300), { minLength: 1, maxLength: 4 }) }),
  fc.record({ kind: fc.constant(Opcode.Text), parts: fc.array(bytes(60), { minLength: 1, maxLength: 2 }) }),
  fc.record({ kind: fc.constantFrom(Opcode.Ping, Opcode.Pong, Opcode.Close), parts: fc.tuple(bytes(125)) }),
)

test('however a stream of frames is cut, all its payload and notices come, in order; control frames in the middle of messages, too', () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 8 }),
      cuts,
      fc.constantFrom(0, 4, 10),
      fc.boolean(),
      (messages, pieces, size, pinged) => {
        const frames: Uint8Array[] = []
        const expected: Heard = { payload: [], notices: [] }
        for (const { kind, parts } of messages) {
          parts.forEach((part, i) => {
            const control = kind >= Opcode.Close
            frames.push(
              serverFrame(i === 0 ? kind : Opcode.Continuation, part, i === parts.length - 1, control ? 0 : size),
            )
            if (kind === Opcode.Binary) expected.payload.push(...part)
            if (!pinged || i === parts.length - 1) return
            frames.push(serverFrame(Opcode.Ping, Uint8Array.of(i)))
            expected.notices.push([Opcode.Ping, [i]])
          })
          if (kind !== Opcode.Binary) expected.notices.push([kind, parts.flatMap(part => [...part])])
        }
        expect(hear(cut(Buffer.concat(frames), pieces))).toEqual(expected)
      },
    ),
    { numRuns: runs },
  )
})

test('whatever the bytes, they are read or a ProtocolError is thrown, the same however they are cut', () => {
  const outcome = (pieces: readonly Uint8Array[]): Heard | string => {
    try {
      return hear(pieces)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      return error.message
    }
  }
  // Such as begin like frames do, so that not all of them fail at once.
  const first = fc.constantFrom(0x82, 0x02, 0x80, 0x00, 0x81, 0x89, 0x8a, 0x88, 0xff)
  const likely = fc
    .array(fc.tuple(first, fc.nat(127), bytes(20)))
    .map(list => Buffer.concat(list.map(([a, b, rest]) => Uint8Array.of(a, b, ...rest))))
  fc.assert(
    fc.property(fc.oneof(bytes(500), likely), cuts, (stream, pieces) => {
      const whole = outcome([stream])
      expect(outcome(cut(stream, pieces))).toEqual(whole)
      if (typeof whole !== 'string') expect(whole.payload.length).toBeLessThanOrEqual(stream.length)
    }),
    { numRuns: runs },
  )
})
