import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { serveBridge, signedTokens } from '../adapters/bridge/index.ts'
import { listen } from '../adapters/broker/index.ts'
import { natives } from '../adapters/node/index.ts'
import { websocket } from '../adapters/websocket/index.ts'
import { Broker } from '../src/broker/index.ts'
import { plain, Reader, Transport, Writer } from '../src/index.ts'
import { unless } from '../test/support/left-out.ts'
import { credentials, type KafkaCluster, startKafka } from './kafka/index.ts'
import { runtime } from './runtimes/packages.ts'
import { noKafka } from './shared.ts'

const secret = 'a secret of thirty-two bytes or so'
const tokens = signedTokens({ secret })

/**
 * Writes and reads through a bridge at once, message by message in order, until told to stop; throws if one is lost, or
 * comes twice.
 */
class Traffic {
  readonly topic: string
  /** Messages that came. */
  read = 0
  readonly done: Promise<void>
  #stopped = false

  constructor(url: string, addr: string, topic: string) {
    this.topic = topic
    const transport = new Transport({
      adapter: websocket({ url, token: () => tokens.sign({ id: 'traffic' }), WebSocket }),
      natives,
    })
    this.done = this.#run(transport, addr).finally(() => transport.close())
    this.done.catch(() => {})
  }

  stop(): Promise<void> {
    this.#stopped = true
    return this.done
  }

  /** Until so many came; throws what ended the traffic before. */
  async until(read: number): Promise<void> {
    const ended = this.done.then(() => Promise.reject(new Error('the traffic has ended')))
    await Promise.race([expect.poll(() => this.read, { timeout: 45_000 }).toBeGreaterThanOrEqual(read), ended])
  }

  async #run(transport: Transport, addr: string): Promise<void> {
    const { topic } = this
    const writer = new Writer({ addr, topic, transport, allowAutoTopicCreation: true, balancer: () => 0 })
    const reader = new Reader({ brokers: addr, topic, partition: 0, transport })
    const padding = 'x'.repeat(2000)
    let written = 0
    const write = async (): Promise<void> => {
      // Batches in flight one behind another: a stop finds some of them under way.
      const under: Promise<void>[] = []
      while (!this.#stopped) {
        under.push(writer.writeMessages(Array.from({ length: 50 }, () => ({ value: `${written++} ${padding}` }))))
        if (under.length >= 4) await under.shift()
      }
      await Promise.all(under)
    }
    try {
      const writing = write()
      while (!this.#stopped || this.read < written) {
        const text = (await reader.readMessage()).text()
        expect(text).toBe(`${this.read++} ${padding}`)
      }
      await writing
    } finally {
      this.#stopped = true
      await Promise.all([writer.close(), reader.close()])
    }
  }
}

/** `isokafka bridge` as built, in a process of its own. */
async function bridgeProcess(
  [program, ...how]: readonly string[],
  broker: string,
  port: number,
): Promise<{ child: ChildProcess; url: string; errors: () => string }> {
  const args = ['--learn', broker, '--allow-address', '127.0.0.1', '--allow-no-origin', '--port', `${port}`]
  const child = spawn(program!, [...how, 'dist/cli.js', 'bridge', ...args], {
    env: { ...process.env, ISOKAFKA_BRIDGE_SECRET: secret },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let errors = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const { value = '' } = await createInterface({ input: child.stdout! })[Symbol.asyncIterator]().next()
  const url = /ws:\S+/.exec(value)?.[0]
  if (url === undefined) throw new Error(`the bridge does not start: ${value} ${errors}`)
  return { child, url, errors: () => errors }
}

const deno = runtime('deno')
const bun = runtime('bun')
const programs = [
  { name: 'Node', missing: null, command: [process.execPath] },
  { name: 'Deno', missing: deno.missing, command: [deno.binary, 'run', '--allow-all'] },
  { name: 'Bun', missing: bun.missing, command: [bun.binary] },
]

for (const { name, missing, command } of programs) {
  describe(`isokafka bridge in ${name}`, unless(missing), () => {
    test('SIGTERM in the middle of a transfer: nothing is lost, nothing comes twice', () => terminate(command))
  })
}

/** Ends a bridge's process in good time, and goes on through the next one. */
async function terminate(command: readonly string[]): Promise<void> {
  const broker = new Broker({ natives })
  const door = await listen(broker)
  const addr = door.addresses[0]!
  const first = await bridgeProcess(command, addr, 0)
  const traffic = new Traffic(first.url, addr, 'terminated')
  await traffic.until(2_000)
  const before = performance.now()
  first.child.kill('SIGTERM')
  const [code, signal] = await once(first.child, 'exit')
  expect([code, signal]).toEqual([0, null])
  expect(performance.now() - before).toBeLessThan(15_000)
  const codes = [...first.errors().matchAll(/"message":"closed".*"code":(\d+)/g)].map(match => match[1])
  expect(codes.length).toBeGreaterThan(1)
  expect(new Set(codes)).toEqual(new Set(['1001']))
  const { read } = traffic
  const second = await bridgeProcess(command, addr, Number(new URL(first.url).port))
  await traffic.until(read + 2_000)
  await traffic.stop()
  second.child.kill('SIGTERM')
  await once(second.child, 'exit')
  await door.close()
  await broker.close()
}

describe('in front of a Kafka that wants SASL', unless(noKafka), () => {
  let cluster: KafkaCluster
  let addr: string
  beforeAll(async () => {
    cluster = await startKafka({ listeners: ['SASL', 'SASLTLS'], config: { 'connections.max.reauth.ms': 3000 } })
    addr = cluster.nodes[0]!.addressOf('SASL')
  })
  afterAll(() => cluster?.stop())

  const bridgeTo = async (target: string, more: Partial<Parameters<typeof serveBridge>[0]> = {}) => {
    const policy = {
      learnTargets: target,
      allowAddresses: ['127.0.0.1'],
      authenticate: tokens.authenticate,
      allowNoOrigin: true,
    }
    const bridge = await serveBridge({ port: 0, ...policy, sasl: plain(credentials), ...more })
    onTestFinished(() => bridge.close())
    return bridge
  }

  test('sessions end with 4002 between requests, clients dial again, and nothing is lost', async () => {
    const bridge = await bridgeTo(addr)
    const traffic = new Traffic(bridge.url, addr, 'sessions')
    await traffic.until(1)
    const closed = (code: number): number =>
      Number(new RegExp(`code="${code}"} (\\d+)`).exec(bridge.metrics())?.[1] ?? 0)
    await expect.poll(() => closed(4002), { timeout: 30_000 }).toBeGreaterThanOrEqual(6)
    await traffic.stop()
    // It was never the broker that ended one.
    expect([closed(4000), closed(4001)]).toEqual([0, 0])
    console.log(`${closed(4002)} sessions ended while ${traffic.read} messages went both ways`)
  })

  test('over TLS the bridge trusts the authority it is given, and clients see none of it', async () => {
    const secure = cluster.nodes[0]!.addressOf('SASLTLS')
    const bridge = await bridgeTo(secure, { tls: { ca: cluster.authority!.cert } })
    const traffic = new Traffic(bridge.url, secure, 'secure')
    await traffic.until(500)
    await traffic.stop()
  })

  test('with wrong credentials nobody is let in: 502', async () => {
    const bridge = await bridgeTo(addr, { sasl: plain({ ...credentials, password: 'guess' }) })
    const adapter = websocket({ url: bridge.url, token: () => tokens.sign({ id: 'somebody' }), WebSocket })
    const [host, port] = addr.split(':') as [string, string]
    await expect(adapter.dial({ host, port: Number(port) }, {})).rejects.toThrow(/502/)
    await expect.poll(() => bridge.connections).toBe(0)
  })
})
