import * as net from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameFollower } from '../../adapters/bridge/frames.ts'
import { signedTokens } from '../../adapters/bridge/index.ts'
import { isPublic, parseIp, parseRange, within } from '../../adapters/bridge/ip.ts'
import { decodeToken, encodeToken } from '../../adapters/shared/bridge-wire.ts'
import { ProtocolError } from '../../src/base/errors.ts'
import { requestBytes, responseBytes } from '../adapters/bridge-fixture.ts'
import { repetitions } from '../support/effort.ts'

const runs = repetitions(200, 2_000, 20_000)

const most = 5_000
const frames = fc.array(fc.record({ id: fc.integer(), length: fc.integer({ min: 12, max: 300 }) }), { maxLength: 12 })

test.each([
  ['request', requestBytes],
  ['response', responseBytes],
] as const)('however a stream of %ss is cut, the follower knows where its frames end', (what, frameOf) => {
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 40 })), fc.nat(40), (list, cuts, tail) => {
      const whole = Buffer.concat([
        ...list.map(({ id, length }) => frameOf(id, length)),
        frameOf(7, 300).subarray(0, tail),
      ])
      const follower = new FrameFollower(what, most)
      let at = 0
      for (const cut of [...cuts, whole.length]) {
        const piece = whole.subarray(at, at + cut)
        expect(follower.follow(piece)).toBe(piece.length)
        at += piece.length
      }
      const prefix = what === 'request' ? 12 : 8
      expect(follower.frames).toBe(list.length + (tail >= prefix ? 1 : 0))
      expect(follower.lastId).toBe(tail >= prefix ? 7 : list.at(-1)?.id)
      expect(follower.between).toBe(tail === 0)
    }),
    { numRuns: runs },
  )
})

test('a follower that is to stop goes to the end of the frame under way, and not a byte further', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 12, max: 300 }),
      fc.nat(299),
      fc.integer({ min: 1, max: 60 }),
      (length, begun, cut) => {
        const stream = Buffer.concat([requestBytes(1, length), requestBytes(2, 50)])
        const follower = new FrameFollower('request', most)
        let at = follower.follow(stream.subarray(0, Math.min(begun, length)))
        for (;;) {
          const piece = stream.subarray(at, at + cut)
          const taken = follower.follow(piece, true)
          at += taken
          if (taken < piece.length || piece.length === 0) break
        }
        expect(at).toBe(begun === 0 ? 0 : length)
        expect(follower.between).toBe(true)
      },
    ),
    { numRuns: runs },
  )
})

test('whatever the bytes, a follower takes all of them or throws a ProtocolError, the same however they are cut', () => {
  const outcome = (pieces: readonly Uint8Array[]): string => {
    const follower = new FrameFollower('request', most)
    try {
      for (const piece of pieces) follower.follow(piece)
      return `${follower.frames} ${follower.lastId} ${follower.between}`
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolError)
      return (error as Error).message
    }
  }
  // Sizes that may be right come often enough to get far.
  const size = fc.integer({ min: -2, max: 60 }).map(length => {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(length)
    return bytes
  })
  const bytes = fc.array(fc.oneof(size, fc.uint8Array({ maxLength: 60 })), { maxLength: 10 })
  fc.assert(
    fc.property(bytes, pieces => {
      const whole = Buffer.concat(pieces)
      expect(outcome(pieces)).toBe(outcome([...whole].map(byte => Uint8Array.of(byte))))
    }),
    { numRuns: runs },
  )
})

test('of a token with any change, and of any other text, nobody is known', async () => {
  const { authenticate, sign } = signedTokens({ secret: new Uint8Array(32).fill(7) })
  const ask = (token: string | undefined) => authenticate({ token, cookie: () => undefined } as never)
  const good = await sign({ id: 'somebody', targets: ['broker:9092'] })
  expect(await ask(good)).toEqual({ id: 'somebody', targets: ['broker:9092'] })
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
