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
import { attackBridge, targetOf } from '../../test/adapters/bridge-fuzz.ts'
import { full } from '../../test/support/effort.ts'
import { unless, unlessFull } from '../../test/support/left-out.ts'
import { type Place, type Program, places, secret, startBridge } from './bridge-stage.ts'
import { runtime } from './packages.ts'

// Attackers in a process of their own against a bridge in a process of its own. What it came to is printed:
// docs/verification.md has it.

const MiB = 1024 * 1024
const tokens = signedTokens({ secret })
const seconds = full ? 5 : 3
// Milliseconds of processor time that an answer of /healthz may wait for. Others use this machine in a usual run.
const patience = full ? 250 : 500
const fuzzSeconds = Number(process.env['FUZZ_SECONDS'] ?? 30)

interface Outcome {
  readonly opened: number
  readonly refused: Readonly<Record<string, number>>
  readonly closed: Readonly<Record<string, number>>
  readonly bytes: number
  readonly held: number
}

for (const { place, name } of places)
  describe(`hostile clients of the bridge in ${place}`, unless(runtime(name).missing), () => against(place))

function against(place: Place): void {
  let program: Program | undefined
  afterEach(async () => {
    await program?.stop()
    program = undefined
  })

  for (const kind of ['one-byte messages', 'pings', 'empty fragments', 'empty messages', 'small messages'])
    for (const users of [1, 200])
      test(`${kind} without end on 200 connections of ${users === 1 ? 'one user' : `${users} users`}: health is answered, others are served`, {
        ...unless(kind === 'one-byte messages' && users === 1 && !isPlatforms(place, kind) ? null : unlessFull),
        timeout: 120_000,
        // What else runs on the machine is in the way of both.
        retry: full ? 0 : 2,
      }, async () => {
        program = await startBridge(place)
        const answer = responseBytes(1, 64 * 1024)
        const peer = await startPeer(socket => onRequests(socket, () => socket.write(answer)))
        const fixture = await program.fixture(peer.port, {
          limits: { connectionsPerAddress: 1000, upgradesPerSecond: 100 },
          ...(users > 1 && { trustedProxies: ['127.0.0.1'] }),
        })
        const honest = await fixture.connect(undefined, { token: await tokens.sign({ id: 'honest' }) })
        const alone = await served(program, honest, answer.length, full ? 2 : 1)
        const attack = attackers(program, { kind, connections: 200, users })
        const [health, together] = await Promise.all([
          slowestHealth(program, attack),
          served(program, honest, answer.length, seconds),
        ])
        const { closed, opened, refused } = await attack
        const rate = ({ requests, seconds: took }: Served): number => Math.round(requests / took)
        // Of the processor's time: on few cores attackers and clients take their own from the bridge.
        const floods = (together.work - alone.work * (together.requests / alone.requests)) / together.seconds
        report(place, `${kind}, ${users} users`, {
          health,
          'honest alone': rate(alone),
          beside: rate(together),
          'share of a core for floods': floods.toFixed(2),
          opened,
          closed,
          refused,
          'RSS at most, MiB': peak(program),
        })
        expect(honest.webSocket.readyState).toBe(1)
        expect(together.requests).toBeGreaterThan(0)
        if (isPlatforms(place, kind)) return
        expect(health.work).toBeLessThan(patience)
        expect(floods).toBeLessThan(0.3)
      })

  for (const kind of ['marks', 'one-byte messages', 'pings'])
    test(`${kind} on one connection that neither client nor broker reads cost 32 MiB at most`, {
      ...unless(unlessFull),
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

  test(`upgrades and frames of every kind for ${fuzzSeconds} s: no exit, no stall, memory is given back`, {
    ...unless(unlessFull),
    timeout: (fuzzSeconds + 60) * 1000,
  }, async () => {
    program = await startBridge(place)
    const peer = await startPeer(socket => onRequests(socket, id => socket.write(responseBytes(id, 2_000))))
    const fixture = await program.fixture(peer.port, {
      limits: { upgradesPerSecond: 1e6, pingInterval: 200, pongTimeout: 200, closeTimeout: 200, drainTimeout: 200 },
      trustedProxies: ['127.0.0.1'],
    })
    const target = await targetOf(program.url, tokens)
    await attackBridge(target, 1, 2)
    const attack = attackBridge(target, 2, fuzzSeconds)
    const [tally, health, residents] = await Promise.all([
      attack,
      slowestHealth(program, attack),
      residentWhile(program, attack),
    ])
    // Where the collector has been: the least of each third, in the first of which a runtime takes what it works in.
    const third = Math.floor(residents.length / 3)
    const thirds = [0, 1, 2].map(at => Math.min(...residents.slice(at * third, (at + 1) * third)))
    report(place, `fuzz for ${fuzzSeconds} s`, { ...tally, health, 'RSS by thirds, MiB': thirds, most: peak(program) })
    expect(tally.opened).toBeGreaterThan(10)
    expect(health.work).toBeLessThan(250)
    expect(thirds[2]! - thirds[1]!).toBeLessThan(64)
    expect(peak(program)).toBeLessThan(512)
    const client = await fixture.connect()
    client.webSocket.send(requestBytes(1))
    await client.until(2_000)
  })

  test('who answers no closing holds its place as long as its socket is there', {
    ...unless(unlessFull),
    timeout: 60_000,
  }, async () => {
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
  { users = 1, ...plan }: { kind: string; connections: number; users?: number; again?: boolean },
): Promise<Outcome> {
  const ids = Array.from({ length: users }, (_, at) => `attacker ${at}`)
  const order = {
    url: program.url,
    tokens: await Promise.all(ids.map(id => tokens.sign({ id }))),
    origin,
    seconds,
    ...plan,
  }
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

/**
 * Pings and fragments are the platform's own affair where it tells nothing of them; and so is all that comes to a
 * Durable Object, which can't end one client's socket: workerd reads on, whatever it was told.
 */
function isPlatforms(place: Place, kind: string): boolean {
  if (place === 'a Durable Object') return true
  return place !== 'Node' && (kind === 'empty fragments' || (kind === 'pings' && place !== 'Bun'))
}

interface Served {
  readonly requests: number
  readonly seconds: number
  /** Seconds of processor time the bridge took meanwhile. */
  readonly work: number
}

async function served(program: Program, client: Client, answerLength: number, forSeconds: number): Promise<Served> {
  const since = performance.now()
  const before = workOf(program)
  let requests = 0
  for (; performance.now() - since < forSeconds * 1000 && client.webSocket.readyState === 1; requests++) {
    const wanted = client.received + answerLength
    client.webSocket.send(requestBytes(1))
    await Promise.race([client.until(wanted), client.closed])
  }
  return { requests, seconds: (performance.now() - since) / 1000, work: workOf(program) - before }
}

function workOf({ pid }: Program): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Its memory in MiB, twice a second, until the attack is over. */
async function residentWhile(program: Program, attack: Promise<unknown>): Promise<number[]> {
  const residents: number[] = []
  let over = false
  void attack.finally(() => {
    over = true
  })
  while (!over) {
    residents.push(memoryOf(program, 'VmRSS'))
    await new Promise(resolve => setTimeout(resolve, 500))
  }
  return residents
}

/** The most memory the process had, in MiB. */
function peak(program: Program): number {
  return memoryOf(program, 'VmHWM')
}

function memoryOf({ pid }: Program, which: 'VmHWM' | 'VmRSS'): number {
  return Math.round(
    Number(new RegExp(`${which}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024,
  )
}

function report(place: Place, what: string, figures: object): void {
  console.log(`${place}: ${what}: ${JSON.stringify(figures)}`)
}
