import { describe, expect, test } from 'vitest'
import { Budget, type Holder } from '../../adapters/bridge/budget.ts'
import { crowdRation, FloodMeter } from '../../adapters/bridge/flood.ts'
import { CloseCode } from '../../adapters/bridge/index.ts'
import {
  type Client,
  type ConnectOptions,
  type Fixture,
  onRequests,
  requestBytes,
  responseBytes,
  startFixture,
  startPeer,
  statusOf,
  tokens,
  until,
} from './bridge-fixture.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** A client's frame; masked by a key of zeros, which is the same as plain. */
function frame(first: number, payload = ''): Buffer {
  return Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), Buffer.from(payload)])
}

describe('frames are bounded, not only bytes', () => {
  test.each([
    ['one-byte messages', [requestBytes(1, 90 * MiB).subarray(0, 64)], frame(0x82, 'x')],
    ['empty messages', [], frame(0x82)],
    ['pings', [], frame(0x89, 'x')],
    ['pongs', [], frame(0x8a)],
    ['empty fragments', [], Buffer.concat([frame(0x02), frame(0x80)])],
  ])('%s without end: closed as a flood, and others are served meanwhile', async (_what, first, one) => {
    const peer = await startPeer(socket => onRequests(socket, id => socket.write(responseBytes(id, 100))))
    const fixture = await startFixture(peer.port)
    const honest = await fixture.connect()
    const hostile = await fixture.connect()
    for (const each of first) hostile.webSocket.send(each)
    hostile.raw.write(Buffer.concat(Array.from({ length: 3_000 }, () => one)))
    honest.webSocket.send(requestBytes(1))
    await honest.until(100)
    expect(await hostile.closed).toMatchObject({ code: CloseCode.Flood })
    await until(() => fixture.bridge.connections === 1)
    expect(fixture.bridge.metrics()).toContain(`closed_total{code="${CloseCode.Flood}"} 1\n`)
  })

  test('one chunk of tiny frames does not hold up the process', async () => {
    const fixture = await startFixture((await startPeer()).port, { limits: { framesPerSecond: 1e9 } })
    const client = await fixture.connect()
    let turns = 0
    let over = false
    const count = (): void => {
      turns++
      if (!over) setImmediate(count)
    }
    setImmediate(count)
    client.raw.write(Buffer.concat(Array.from({ length: 9_000 }, () => frame(0x89))))
    client.webSocket.send('the end')
    await client.closed
    over = true
    expect(turns).toBeGreaterThan(9_000 / 16)
  })

  test('who speaks Kafka in small messages, however many, is no flood', async () => {
    const peer = await startPeer(socket => onRequests(socket, id => socket.write(responseBytes(id))))
    const fixture = await startFixture(peer.port, { limits: { framesPerSecond: 20 } })
    const client = await fixture.connect()
    for (let sent = 0; sent < 1_000; sent += 10) {
      for (let i = 0; i < 10; i++) client.webSocket.send(requestBytes(i))
      await client.until(8 * (sent + 10))
    }
    expect(client.webSocket.readyState).toBe(1)
  })

  test('a meter lets pass so many frames a second, what was saved of them, and what bytes and answers pay for', () => {
    const meter = new FloodMeter(10, 0)
    const most = (bytes: number, now: number): number => {
      let frames = 0
      while (meter.frame(bytes, now)) if (++frames === 10_000) return frames
      return frames
    }
    // The tiny ones count for four.
    expect(most(0, 0)).toBe(2)
    expect(most(0, 1_000)).toBe(2)
    expect(most(0, 99_000)).toBe(10)
    meter.answered(3)
    expect(most(0, 99_000)).toBe(2)
    meter.answered(1)
    expect(most(512, 99_000)).toBe(10_000)
  })

  test('who have an address or an identity in common share what frames they may send; who speaks Kafka is none the worse', () => {
    const crowd = crowdRation(10, 0)
    const most = (meter: FloodMeter): number => {
      let frames = 0
      while (meter.frame(20, 0)) frames++
      return frames
    }
    const alone = most(new FloodMeter(10, 0))
    const floods = Array.from({ length: 200 }, () => most(new FloodMeter(10, 0, [crowd])))
    expect(alone).toBe(10)
    expect(floods[0]).toBe(10)
    expect(floods.at(-1)).toBe(2)
    const honest = new FloodMeter(10, 0, [crowd])
    for (let asked = 0; asked < 1_000; asked++) {
      expect(honest.frame(100, 0)).toBe(true)
      honest.answered(1)
    }
  })

  test('who floods again and again, be it from another address, waits before it is let in', async () => {
    const fixture = await startFixture((await startPeer()).port, {
      limits: { upgradesPerSecond: 2, framesPerSecond: 1 },
      trustedProxies: ['127.0.0.1'],
    })
    const from = async (address: string, id: string): Promise<ConnectOptions> => ({
      token: await tokens.sign({ id }),
      headers: { 'x-forwarded-for': address },
    })
    const there = await fixture.connect(undefined, await from('192.0.2.1', 'bystander'))
    const hostile = [
      ...Array.from({ length: 8 }, (_, i) => from('192.0.2.1', `${i}`)),
      ...Array.from({ length: 9 }, (_, i) => from(`192.0.2.${10 + i}`, 'mallory')),
    ].map(async how => fixture.connect(undefined, await how))
    for (const client of await Promise.all(hostile)) {
      client.raw.write(Buffer.concat(Array.from({ length: 20 }, () => frame(0x89))))
      expect(await client.closed).toMatchObject({ code: CloseCode.Flood })
    }
    const since = performance.now()
    const statuses = [
      ['192.0.2.1', 'another'],
      ['192.0.2.100', 'mallory'],
      ['192.0.2.100', 'another'],
    ].map(async ([address, id]) => statusOf(fixture, undefined, await from(address!, id!)))
    expect(await Promise.all(statuses)).toEqual([429, 429, 101])
    expect(performance.now() - since).toBeGreaterThan(900)
    expect(there.webSocket.readyState).toBe(1)
  })
})

test('who waits for a turn while others of the same user flood is not let in', async () => {
  const fixture = await startFixture((await startPeer()).port, { limits: { upgradesPerSecond: 2, framesPerSecond: 1 } })
  const token = await tokens.sign({ id: 'mallory' })
  const statuses = await Promise.all(
    Array.from({ length: 20 }, () =>
      fixture.connect(undefined, { token }).then(
        client => {
          client.raw.write(Buffer.concat(Array.from({ length: 20 }, () => frame(0x89))))
          return 101
        },
        error => error.status,
      ),
    ),
  )
  expect(new Set(statuses)).toEqual(new Set([101, 429]))
})

describe('memory', () => {
  test('a broker that reads nothing: one-byte messages wait as few writes', async () => {
    const peer = await startPeer(socket => socket.pause())
    const fixture = await startFixture(peer.port, {
      limits: { framesPerSecond: 1e9, drainTimeout: 100, closeTimeout: 100 },
    })
    const client = await fixture.connect()
    client.webSocket.send(requestBytes(1, 90 * MiB).subarray(0, 64))
    // What the kernel takes comes first.
    for (let sent = 0; sent < 8 * MiB; sent += 64 * KiB) client.webSocket.send(Buffer.alloc(64 * KiB))
    await new Promise(resolve => setTimeout(resolve, 300))
    const before = process.memoryUsage().rss
    const one = Buffer.concat(Array.from({ length: 10_000 }, () => frame(0x82, 'x')))
    for (let round = 0; round < 50; round++) {
      client.raw.write(one)
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    // The client's own, which waits in this process, among them.
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * MiB)
    expect(fixture.bridge.connections).toBe(1)
    client.raw.destroy()
  })

  const heldBy = ({ bridge }: Fixture): number => Number(/held_bytes (\d+)/.exec(bridge.metrics())![1])

  test('over the budget of all connections the newest that hold something are ended', async () => {
    const peer = await startPeer(socket => onRequests(socket, id => socket.write(responseBytes(id, 32 * MiB))))
    const fixture = await startFixture(peer.port, { limits: { heldBytes: 1.5 * MiB } })
    const clients: Client[] = []
    for (let i = 0; i < 12; i++) clients.push(await fixture.connect())
    for (const client of clients) {
      // It asks for much and reads nothing.
      client.raw.pause()
      client.webSocket.send(requestBytes(1))
    }
    await until(() => fixture.bridge.metrics().includes(`closed_total{code="${CloseCode.NoMemory}"}`))
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(heldBy(fixture)).toBeLessThan(1.5 * MiB)
    // The first is served.
    clients[0]!.raw.resume()
    await clients[0]!.until(32 * MiB)
    for (const client of clients) client.raw.destroy()
    await until(() => heldBy(fixture) === 0)
  })

  test('where the budget is tight nobody new comes in: 503', async () => {
    const peer = await startPeer(socket => onRequests(socket, id => socket.write(responseBytes(id, 20 * KiB))))
    const fixture = await startFixture(peer.port, { limits: { heldBytes: 1, closeTimeout: 100 } })
    const client = await fixture.connect()
    client.raw.pause()
    while (heldBy(fixture) === 0) {
      client.webSocket.send(requestBytes(1))
      await new Promise(resolve => setTimeout(resolve, 1))
    }
    expect(await statusOf(fixture)).toBe(503)
    expect(fixture.bridge.metrics()).toContain('refused_total{reason="memory"} 1\n')
    client.raw.destroy()
    await until(() => heldBy(fixture) === 0)
    expect(await statusOf(fixture)).toBe(101)
  })

  test('where connections may not touch each other, the one that wants more is ended', () => {
    const holder = (held: number): Holder & { released: boolean } => ({
      held,
      released: false,
      release() {
        this.released = true
      },
    })
    const outcome = (confined: boolean): boolean[] => {
      const budget = new Budget(300 * KiB, confined)
      const holders = [holder(200 * KiB), holder(10 * KiB), holder(80 * KiB), holder(20 * KiB)]
      for (const each of holders) budget.note(each)
      return holders.map(({ released }) => released)
    }
    expect(outcome(true)).toEqual([false, false, false, true])
    expect(outcome(false)).toEqual([false, false, true, false])
  })
})

test('a client that answers no closing keeps its place until its socket is gone', async () => {
  const peer = await startPeer(socket => socket.once('data', () => socket.end()))
  const fixture = await startFixture(peer.port, { limits: { connections: 1, closeTimeout: 300 } })
  const client = await fixture.connect()
  // Whatever comes is not read, and not answered.
  client.raw.pause()
  client.webSocket.send(requestBytes(1))
  await until(() => peer.open.size === 0)
  expect(fixture.bridge.connections).toBe(1)
  expect(await statusOf(fixture)).toBe(503)
  await until(() => fixture.bridge.connections === 0)
  expect(await statusOf(fixture)).toBe(101)
})
