import * as net from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Answers } from '../../adapters/bridge/answers.ts'
import { signedTokens } from '../../adapters/bridge/index.ts'
import { isPublic, parseIp, parseRange, within } from '../../adapters/bridge/ip.ts'
import { Requests } from '../../adapters/bridge/requests.ts'
import { decodeToken, encodeToken } from '../../adapters/shared/bridge-wire.ts'
import { ProtocolError } from '../../src/base/errors.ts'
import { requestBytes, responseBytes } from '../adapters/bridge-fixture.ts'
import { repetitions } from '../support/effort.ts'

const runs = repetitions(200, 2_000, 20_000)

const most = 5_000
const frames = fc.array(fc.record({ id: fc.integer(), length: fc.integer({ min: 12, max: 300 }) }), { maxLength: 12 })

/** What became of a client's bytes. */
function followed(pieces: readonly Uint8Array[], { allowed = new Set([3]), stopping = false } = {}) {
  const passed: Uint8Array[] = []
  const refused: string[] = []
  const requests = new Requests(most, allowed, {
    pass: bytes => void passed.push(bytes.slice()),
    refused: (api, frame) => void refused.push(`${api.name} ${frame?.length}`),
  })
  let error = ''
  try {
    for (const piece of pieces) requests.push(piece, stopping)
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(ProtocolError)
    error = (thrown as Error).message
  }
  const { answers, between, owed } = requests
  return { passed: Buffer.concat(passed).toString('hex'), refused, answers, owed, between, error }
}

test('however a stream of requests is cut, what is allowed passes unchanged and what is not comes out whole', {
  timeout: 120_000,
}, () => {
  const list = fc.array(fc.record({ key: fc.constantFrom(3, 19), length: fc.integer({ min: 12, max: 300 }) }), {
    maxLength: 12,
  })
  fc.assert(
    fc.property(list, fc.array(fc.integer({ min: 1, max: 40 })), fc.nat(40), (wanted, cuts, tail) => {
      const all = wanted.map(({ key, length }, id) => {
        const bytes = requestBytes(id, length)
        bytes.writeInt16BE(key, 4)
        return { key, bytes }
      })
      const begun = requestBytes(7, 300).subarray(0, tail)
      const whole = Buffer.concat([...all.map(({ bytes }) => bytes), begun])
      const outcome = followed(cut(whole, cuts))
      const may = all.filter(({ key }) => key === 3)
      const passing = Buffer.concat([...may.map(({ bytes }) => bytes), tail < 12 ? Buffer.alloc(0) : begun])
      expect(outcome).toEqual({
        passed: passing.toString('hex'),
        refused: all.flatMap(({ key, bytes }) => (key === 3 ? [] : [`CreateTopics ${bytes.length - 4}`])),
        answers: may.length,
        owed: may.length,
        between: tail < 12,
        error: '',
      })
    }),
    { numRuns: runs },
  )
})

test('however a stream of answers is cut, it is known where they end, and the bridge says its own in between', {
  timeout: 120_000,
}, () => {
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 40 })), fc.array(fc.nat(12)), (list, cuts, turns) => {
      const whole = Buffer.concat(list.map(({ id, length }) => responseBytes(id, length)))
      const after = turns.filter(each => each <= list.length).sort((a, b) => a - b)
      const answers = new Answers(most)
      for (const turn of after) answers.add(turn, Uint8Array.of(turn))
      const heard: Uint8Array[] = []
      const tell = (): void => {
        for (let own = answers.due(); own !== undefined; own = answers.due()) heard.push(own)
      }
      tell()
      for (const piece of cut(whole, cuts))
        for (let at = 0; at < piece.length; ) {
          const length = answers.follow(piece.subarray(at))
          heard.push(piece.subarray(at, at + length))
          at += length
          tell()
        }
      const own = (turn: number): Buffer => Buffer.from(after.filter(each => each === turn))
      const expected = list.flatMap(({ id, length }, at) => [responseBytes(id, length), own(at + 1)])
      expect(Buffer.concat(heard)).toEqual(Buffer.concat([own(0), ...expected]))
      expect([answers.count, answers.between, answers.waiting]).toEqual([list.length, true, 0])
    }),
    { numRuns: runs },
  )
})

test('where requests are to stop, the one under way passes to its end, and not a byte further', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 12, max: 300 }),
      fc.nat(299),
      fc.array(fc.integer({ min: 1, max: 60 })),
      (length, begun, cuts) => {
        const stream = Buffer.concat([requestBytes(1, length), requestBytes(2, 50)])
        const first = Math.min(begun, length)
        const passed: Uint8Array[] = []
        const requests = new Requests(most, new Set([3]), { pass: bytes => void passed.push(bytes), refused() {} })
        requests.push(stream.subarray(0, first))
        for (const piece of cut(stream.subarray(first), cuts)) requests.push(piece, true)
        // Of one whose prefix is not whole nothing has passed.
        expect(Buffer.concat(passed).length).toBe(
          first < 12 || first === length ? (first === length ? length : 0) : length,
        )
        expect(requests.between).toBe(true)
      },
    ),
    { numRuns: runs },
  )
})

test('whatever the bytes, what becomes of them is the same however they are cut', () => {
  // Sizes, keys and versions that may be right come often enough to get far.
  const prefix = fc.tuple(fc.integer({ min: 6, max: 60 }), fc.integer({ min: -2, max: 20 }), fc.nat(14))
  const begun = prefix.map(([size, key, version]) => {
    const bytes = Buffer.alloc(12)
    bytes.writeInt32BE(size)
    bytes.writeInt16BE(key, 4)
    bytes.writeInt16BE(version, 6)
    return bytes
  })
  const bytes = fc.array(fc.oneof(begun, fc.uint8Array({ maxLength: 60 })), { maxLength: 10 })
  fc.assert(
    fc.property(bytes, pieces => {
      const allowed = new Set([0, 1, 3, 18])
      const single = [...Buffer.concat(pieces)].map(byte => Uint8Array.of(byte))
      const byByte = followed(single, { allowed })
      const { passed, ...whole } = followed(pieces, { allowed })
      expect(whole).toEqual({ ...byByte, passed: undefined })
      // What is not Kafka ends it, wherever it is noticed.
      if (whole.error === '') expect(passed).toBe(byByte.passed)
    }),
    { numRuns: runs },
  )
})

function cut(whole: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  let at = 0
  return [...cuts, whole.length].map(length => {
    const piece = whole.subarray(at, at + length)
    at += piece.length
    return piece
  })
}

test('of a token with any change, and of any other text, nobody is known', async () => {
  const { authenticate, sign } = signedTokens({ secret: new Uint8Array(32).fill(7) })
  const ask = (token: string | undefined) => authenticate({ token, cookie: () => undefined } as never)
  const good = await sign({ id: 'somebody', targets: ['broker:9092'] })
  expect(await ask(good)).toMatchObject({ id: 'somebody', targets: ['broker:9092'] })
  const changed = fc
    .tuple(fc.nat(good.length - 1), fc.string({ minLength: 1, maxLength: 1 }), fc.nat(2))
    .map(([at, character, cut]) => {
      return good.slice(0, at) + (character === good[at] ? '!' : character) + good.slice(at + cut)
    })
  const text = fc.oneof(
    changed,
    fc.string({ unit: 'binary' }),
    fc.base64String().map(each => `${each}.${each}`),
    fc.webUrl(),
  )
  await fc.assert(
    fc.asyncProperty(text, async token => {
      // The last character of a signature has bits that mean nothing.
      if (token.slice(0, -1) === good.slice(0, -1)) return
      expect(await ask(token)).toBeNull()
    }),
    { numRuns: runs },
  )
})

test('a token goes through a subprotocol unchanged; what is no token does not throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (token, text) => {
      expect(encodeToken(token)).toMatch(/^[\w-]*$/)
      expect(decodeToken(encodeToken(token))).toBe(token)
      decodeToken(text)
    }),
    { numRuns: runs },
  )
})

test('an address is read as the system reads it, or not at all', () => {
  const v4 = fc.ipV4Extended()
  const text = fc.oneof(
    fc.ipV4(),
    v4,
    fc.ipV6(),
    fc.ipV4().map(each => `::ffff:${each}`),
    fc.string({ unit: fc.constantFrom(...'0123456789abcdefx:.%/') }),
  )
  fc.assert(
    fc.property(text, address => {
      const ip = parseIp(address)
      if (ip === undefined) return
      expect(net.isIP(address)).not.toBe(0)
      const written =
        ip.length === 4
          ? ip.join('.')
          : Array.from({ length: 8 }, (_, i) => (ip[2 * i]! * 256 + ip[2 * i + 1]!).toString(16)).join(':')
      // node's own block lists agree on what is what, mapped addresses included.
      const same = new net.BlockList()
      same.addAddress(written, ip.length === 4 ? 'ipv4' : 'ipv6')
      expect(same.check(address, net.isIP(address) === 4 ? 'ipv4' : 'ipv6')).toBe(true)
      expect(within(ip, parseRange(address)!)).toBe(true)
      isPublic(ip)
    }),
    { numRuns: runs },
  )
})
