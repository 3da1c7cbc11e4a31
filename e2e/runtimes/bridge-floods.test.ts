import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { signedTokens } from '../../adapters/bridge/index.ts'
import {
  type Client,
  onRequests,
  origin,
  requestBytes,
  responseBytes,
  startPeer,
} from '../../test/adapters/bridge-fixture.ts'
import { attackBridge } from '../../test/adapters/bridge-fuzz.ts'
import { unless, unlessFull } from '../../test/support/left-out.ts'
import { type Place, type Program, places, secret, startBridge } from './bridge-stage.ts'
import { runtime } from './packages.ts'

// Attackers in a process of their own against a bridge in a process of its own. What it came to is printed:
// docs/verification.md has it.

const MiB = 1024 * 1024
const tokens = signedTokens({ secret })
const seconds = 5
const fuzzSeconds = Number(process.env['FUZZ_SECONDS'] ?? 30)

interface Outcome {
  readonly opened: number
  readonly refused: Readonly<Record<string, number>>
  readonly closed: Readonly<Record<string, number>>
  readonly bytes: number
  readonly held: number
}

for (const { place, name } of places)
  describe(`hostile clients of the bridge in ${place}`, unless(runtime(name).missing, unlessFull), () => against(place))

function against(place: Place): void {
  let program: Program | undefined
  afterEach(async () => {
    await program?.stop()
    program = undefined
  })

  for (const kind of ['one-byte messages', 'pings', 'empty fragments', 'empty messages'])
    test(`${kind} without end on 200 connections: health is answered, an honest client is served`, {
      timeout: 120_000,
    }, async () => {
      program = await startBridge(place)
      const answer = responseBytes(1, 64 * 1024)
      const peer = await startPeer(socket => onRequests(socket, () => socket.write(answer)))
      const fixture = await program.fixture(peer.port, {
        limits: { connectionsPerAddress: 1000, upgradesPerSecond: 100 },
      })
      const honest = await fixture.connect(undefined, { token: await tokens.sign({ id: 'honest' }) })
      const alone = await requestsASecond(honest, answer.length, 2)
      const attack = attackers(program, { kind, connections: 200 })
      const [health, together] = await Promise.all([
        slowestHealth(program, attack),
        requestsASecond(honest, answer.length, seconds),
      ])
      const { closed, opened, refused } = await attack
      report(place, kind, {
        health,
        'honest alone': alone,
        beside: together,
        opened,
        closed,
        refused,
        'RSS at most, MiB': peak(program),
      })
      expect(honest.webSocket.readyState).toBe(1)
    })

  for (const kind of ['marks', 'one-byte messages', 'pings'])
    test(`${kind} on one connection that neither client nor broker reads cost 32 MiB at most`, {
      timeout: 60_000,
    }, async () => {
      program = await startBridge(place)
      const peer = await startPeer(socket => socket.pause())
      const fixture = await program.fixture(peer.port)
      await fixture.connect()
      const before = peak(program)
      const outcome = await attackers(program, { kind, connections: 1, again: false })
      report(place, `${kind}, unread`, {
        MiB: peak(program) - before,
        sent: Math.round(outcome.bytes / MiB),
        closed: outcome.closed,
      })
      expect(peak(program) - before).toBeLessThan(48)
    })

  test('upgrades and frames of every kind: the process lives, health is answered, memory is given back', {
    timeout: (fuzzSeconds + 60) * 1000,
  }, async () => {
    program = await startBridge(place)
    const peer = await startPeer(socket => onRequests(socket, id => socket.write(responseBytes(id, 2_000))))
    const fixture = await program.fixture(peer.port, {
      limits: { upgradesPerSecond: 1e6, pingInterval: 200, pongTimeout: 200, closeTimeout: 200, drainTimeout: 200 },
    })
    const target = { url: program.url, token: await tokens.sign({ id: 'fuzz' }), origin }
    await attackBridge(target, 1, 2)
    const before = peak(program)
    const attack = attackBridge(target, 2, fuzzSeconds)
    const health = await slowestHealth(program, attack)
    report(place, `fuzz for ${fuzzSeconds} s`, { ...(await attack), health, 'MiB more': peak(program) - before })
    expect(peak(program) - before).toBeLessThan(128)
    const client = await fixture.connect()
    client.webSocket.send(requestBytes(1))
    await client.until(2_000)
  })

  test('who answers no closing holds its place as long as its socket is there', { timeout: 60_000 }, async () => {
    program = await startBridge(place)
    const peer = await startPeer()
    await program.fixture(peer.port, {
      limits: {
        connections: 10,
        pingInterval: 200,
        pongTimeout: 200,
        closeTimeout: 200,
        idleTimeout: 500,
        upgradesPerSecond: 1000,
      },
    })
    const { held, opened, refused } = await attackers(program, { kind: 'stay', connections: 20 })
    report(place, 'sockets held with a limit of 10', { held, opened, refused })
    expect(held).toBeLessThanOrEqual(10)
  })
}

async function attackers(
  program: Program,
  plan: { kind: string; connections: number; again?: boolean },
): Promise<Outcome> {
  const token = await tokens.sign({ id: 'attacker' })
  const order = { url: program.url, token, origin, seconds, ...plan }
  const script = fileURLToPath(new URL('entries/hostile-clients.mjs', import.meta.url))
  const child = spawn('nice', [process.execPath, script, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as Outcome
  throw new Error('the attackers said nothing')
}

/**
 * Milliseconds of the slowest answer, and the most processor time the bridge took before one: asked for by a process of
 * its own until the attack is over.
 */
async function slowestHealth(
  { pid, url }: Program,
  attack: Promise<unknown>,
): Promise<{ slowest: number; work: number }> {
  const script = fileURLToPath(new URL('entries/health.mjs', import.meta.url))
  const child = spawn(process.execPath, [script, `${url}healthz`, String(pid)], { stdio: ['pipe', 'pipe', 'inherit'] })
  await attack
  child.stdin.end()
  for await (const line of createInterface({ input: child.stdout }))
    return JSON.parse(line) as { slowest: number; work: number }
  throw new Error('nobody asked for health')
}

async function requestsASecond(client: Client, answerLength: number, forSeconds: number): Promise<number> {
  const since = performance.now()
  let done = 0
  for (; performance.now() - since < forSeconds * 1000 && client.webSocket.readyState === 1; done++) {
    const wanted = client.received + answerLength
    client.webSocket.send(requestBytes(1))
    await Promise.race([client.until(wanted), client.closed])
  }
  return Math.round((done * 1000) / (performance.now() - since))
}

/** The most memory the process had, in MiB. */
function peak({ pid }: Program): number {
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024)
}

function report(place: Place, what: string, figures: object): void {
  console.log(`${place}: ${what}: ${JSON.stringify(figures)}`)
}
