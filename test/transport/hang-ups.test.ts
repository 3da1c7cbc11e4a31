import { describe, expect, test } from 'vitest'
import { natives } from '../../adapters/node/index.ts'
import { AuthenticationError, ConnectionError, HungUpError, ProtocolError } from '../../src/base/errors.ts'
import { Client, Transport, type TransportConfig } from '../../src/index.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { HangUps } from '../../src/transport/hang-ups.ts'
import { listen, metadata, type Peer, scripted } from '../socket/peer.ts'

/** Asks with the default patience of 30 s. */
async function asked(peer: Peer, config: TransportConfig = {}): Promise<{ error: Error; warned: string[] }> {
  const warned: string[] = []
  const quiet = () => {}
  const logger = { debug: quiet, info: quiet, error: quiet, warn: (line: string) => void warned.push(line) }
  await using transport = new Transport({ natives, logger, ...config })
  const error = await new Client({ addr: peer.name, transport, timeout: 30_000 }).metadata({}).then(
    () => new Error('answered'),
    error => error,
  )
  return { error, warned }
}

describe('a listener that wants to be spoken to otherwise, and only ever hangs up, is told of in seconds:', {
  timeout: 15_000,
}, () => {
  test.concurrent('one that wants SASL', async () => {
    await using peer = await scripted((_request, { socket }) => void socket.end())
    const { error } = await asked(peer)
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.message).toMatch(
      /the broker closed the connection at the first request; does this listener want SASL\? \(\d+ times in \d+ s\)/,
    )
  })

  test.concurrent('one that speaks no TLS', async () => {
    await using peer = await listen(socket => void socket.once('data', () => socket.end()))
    const { error, warned } = await asked(peer, { tls: true })
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.message).toMatch(
      /the peer closed the connection during the TLS handshake: does this port speak TLS\? \(/,
    )
    expect(warned[0]).toContain('does this port speak TLS?')
  })

  test.concurrent('one that wants TLS, which answers with an alert', async () => {
    await using peer = await listen(
      socket => void socket.once('data', () => socket.end(Uint8Array.of(0x15, 3, 3, 0, 2, 2, 0x50))),
    )
    const { error } = await asked(peer)
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.message).toMatch(
      /the peer answered with a TLS alert: this port speaks TLS, and the connection was made without/,
    )
  })
})

test.concurrent('what hangs up before it says what it speaks is one that is away: a proxy whose broker has not started yet', {
  timeout: 20_000,
}, async () => {
  await using peer = await listen(socket => socket.end())
  await using transport = new Transport({ natives })
  const error = await new Client({ addr: peer.name, transport, timeout: 8_000 }).metadata({}).catch(error => error)
  expect(error.temporary).toBe(true)
})

test.concurrent('a broker that has answered and hangs up for a while is one that is away', async () => {
  let healthy = true
  let hungUp = 0
  await using peer = await scripted((request, { socket, answer }) => {
    if (request.apiKey === Metadata.key && healthy) return answer(Metadata, request, metadata('here'))
    hungUp++
    socket.end()
  })
  await using transport = new Transport({ natives, backoff: { min: 200, max: 400 } })
  const client = new Client({ addr: peer.name, transport, timeout: 6_000 })
  await client.metadata({})
  healthy = false
  const error = await client.metadata({ topics: ['t'] }).catch(error => error)
  expect([error.temporary, hungUp > 5]).toEqual([true, true])
})

test.concurrent('hanging up is a refusal after three times and six seconds, once for each that tries, and not after an answer', () => {
  const hangUps = new HangUps()
  const hungUp = new HungUpError('b:1', 'hung up')
  for (const now of [0, 10, 20, 30]) hangUps.note('b:1', hungUp, now)
  for (const now of [0, 8_000]) hangUps.note('slow:1', hungUp, now)
  for (const now of [0, 1, 2, 9_000]) hangUps.note('away:1', new ConnectionError('away:1', 'refused'), now)
  for (const broker of ['b:1', 'slow:1', 'away:1']) hangUps.throwIfRefused(broker)
  hangUps.note('b:1', hungUp, 7_000)
  expect(() => hangUps.throwIfRefused('b:1')).toThrow('b:1: hung up (5 times in 7 s)')
  hangUps.throwIfRefused('b:1')
  hangUps.note('b:1', hungUp, 8_000)
  hangUps.answered('b:1')
  hangUps.note('b:1', hungUp, 16_000)
  hangUps.throwIfRefused('b:1')
})
