import { once } from 'node:events'
import * as net from 'node:net'
import type { SignedTokens } from '../../adapters/bridge/index.ts'
import { encodeToken } from '../../adapters/shared/bridge-wire.ts'
import { ApiVersions } from '../../src/protocol/api-versions.ts'
import { CreateTopics } from '../../src/protocol/create-topics.ts'
import { requestFrame } from '../../src/protocol/headers.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { SaslHandshake } from '../../src/protocol/sasl-handshake.ts'
import { origin } from './bridge-fixture.ts'

// Upgrades and frames, half of them as they should be and the others changed in every way, against a bridge that runs.

export interface Target {
  /** ws://127.0.0.1:port/ */
  readonly url: string
  /** Of several: who floods is not let in again for a while. */
  readonly tokens: readonly string[]
  readonly origin: string
}

/** A target that many users at many addresses attack: the bridge must take this machine for a proxy. */
export async function targetOf(url: string, { sign }: Pick<SignedTokens, 'sign'>): Promise<Target> {
  const tokens = await Promise.all(Array.from({ length: 100 }, (_, at) => sign({ id: `fuzz ${at}` })))
  return { url, tokens, origin }
}

export interface Tally {
  upgrades: number
  opened: number
  frames: number
}

/** Attacks from so many sockets at a time until `seconds` are over. The same seed makes the same choices. */
export async function attackBridge(target: Target, seed: number, seconds: number, sockets = 16): Promise<Tally> {
  const tally: Tally = { upgrades: 0, opened: 0, frames: 0 }
  const until = performance.now() + seconds * 1000
  await Promise.all(
    Array.from({ length: sockets }, async (_, at) => {
      const chance = new Chance(seed * 1000 + at)
      while (performance.now() < until) await attackOnce(target, chance, tally)
    }),
  )
  return tally
}

async function attackOnce(target: Target, chance: Chance, tally: Tally): Promise<void> {
  const { hostname, port } = new URL(target.url)
  const socket = net.connect(Number(port), hostname)
  socket.on('error', () => {})
  try {
    await once(socket, 'connect').catch(() => {})
    tally.upgrades++
    const request = upgrade(target, chance)
    const right = chance.one(2)
    const head = right ? request : changed(request, chance)
    // Now and then in pieces, or with frames right behind.
    const cut = chance.one(4) ? chance.below(head.length) : head.length
    socket.write(head.subarray(0, cut))
    if (cut < head.length) {
      await pause(chance.below(5))
      socket.write(head.subarray(cut))
    }
    const answer = await Promise.race([
      once(socket, 'data').then(([data]) => String(data)),
      once(socket, 'close').then(() => ''),
      pause(right ? 2_000 : 50).then(() => ''),
    ]).catch(() => '')
    if (!answer.startsWith('HTTP/1.1 101')) return
    tally.opened++
    if (chance.one(8)) socket.pause()
    else socket.resume()
    for (let left = 1 + chance.below(30); left > 0 && socket.writable; left--) {
      tally.frames++
      socket.write(someFrame(chance))
      if (chance.one(3)) await pause(chance.below(4))
    }
    if (chance.one(2)) socket.end()
    await pause(chance.below(20))
  } finally {
    socket.destroy()
  }
}

function upgrade({ origin, tokens, url }: Target, chance: Chance): Buffer {
  const token = encodeToken(tokens[chance.below(tokens.length)]!)
  const address = `198.18.${chance.below(4)}.${chance.below(256)}`
  return Buffer.from(
    `GET /broker:9092 HTTP/1.1\r\nHost: ${new URL(url).host}\r\nOrigin: ${origin}\r\nConnection: Upgrade\r\n` +
      'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
      `Sec-WebSocket-Protocol: isokafka, isokafka.marks, isokafka.token.${token}\r\n` +
      `X-Forwarded-For: ${address}\r\nCF-Connecting-IP: ${address}\r\n\r\n`,
    'latin1',
  )
}

/** A few bytes, lines or lengths of it are others. */
function changed(bytes: Buffer, chance: Chance): Buffer {
  let text = bytes.toString('latin1')
  for (let left = 1 + chance.below(4); left > 0; left--) {
    const at = chance.below(text.length + 1)
    const lines = text.split('\r\n')
    const line = chance.below(lines.length)
    switch (chance.below(7)) {
      case 0:
        text = text.slice(0, at) + String.fromCharCode(chance.below(256)) + text.slice(at + 1)
        break
      case 1:
        text = text.slice(0, at) + text.slice(at + chance.below(20))
        break
      case 2:
        text = lines.toSpliced(line, 1).join('\r\n')
        break
      case 3:
        text = lines.toSpliced(line, 0, lines[chance.below(lines.length)]!).join('\r\n')
        break
      case 4:
        text = text.slice(0, at) + 'x'.repeat(chance.below(20_000)) + text.slice(at)
        break
      case 5:
        text = text.replace(/isokafka\.token\.\S*/, `isokafka.token.${chance.bytes(40).toString('base64url')}`)
        break
      default:
        text = text.replace('/broker:9092', `/${chance.bytes(12).toString('latin1')}`)
    }
  }
  return Buffer.from(text, 'latin1')
}

const requests = [
  requestFrame(Metadata, 1, 1, 'fuzz', { topics: [] }),
  requestFrame(ApiVersions, 3, 2, 'fuzz', { clientSoftwareName: 'x', clientSoftwareVersion: '1' }),
  requestFrame(CreateTopics, 2, 3, 'fuzz', {
    topics: [{ name: 'x', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
  }),
  requestFrame(SaslHandshake, 1, 4, 'fuzz', { mechanism: 'PLAIN' }),
].map(pieces => Buffer.concat(pieces))

/** Mostly a message that holds a request, or a part of one; else anything. */
function someFrame(chance: Chance): Buffer {
  const request = requests[chance.below(requests.length)]!
  switch (chance.below(10)) {
    case 0:
      return chance.bytes(chance.below(300))
    case 1:
      return framed(0x80 | (8 + chance.below(3)), chance.bytes(chance.below(126)), chance)
    case 2:
      return framed(0x81, Buffer.from(`${chance.one(2) ? '?' : '!'}${chance.below(1000)}`), chance)
    case 3:
      return framed(chance.below(256), chance.bytes(chance.below(200)), chance)
    case 4: {
      const other = Buffer.from(request)
      other[chance.below(other.length)] = chance.below(256)
      return framed(0x82, other, chance)
    }
    case 5: {
      const cut = chance.below(request.length)
      return Buffer.concat([
        framed(0x02, request.subarray(0, cut), chance),
        framed(0x89, Buffer.alloc(0), chance),
        framed(0x80, request.subarray(cut), chance),
      ])
    }
    case 6:
      return Buffer.concat(Array.from({ length: chance.below(500) }, () => framed(0x82, Buffer.alloc(0), chance)))
    case 7:
      return framed(0x82, Buffer.alloc(chance.below(200_000)), chance)
    default:
      return framed(0x82, request, chance)
  }
}

/** A client's frame, its length now and then a lie. */
function framed(first: number, payload: Buffer, chance: Chance): Buffer {
  const length = chance.one(50) ? chance.below(2 ** 31) : payload.length
  const key = chance.bytes(4)
  const masked = Buffer.from(payload.map((byte, at) => byte ^ key[at & 3]!))
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = first
  head[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(length, 2)
  else if (head.length === 10) head.writeUInt32BE(length, 6)
  return Buffer.concat([head, key, masked])
}

function pause(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}

/** Chance that can be had again. */
class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  below(most: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * most)
  }

  /** True once in so many times. */
  one(of: number): boolean {
    return this.below(of) === 0
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)))
  }
}
