import { afterAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { serveBridge, signedTokens } from '../adapters/bridge/index.ts'
import { listen } from '../adapters/broker/index.ts'
import { natives, adapter as sockets } from '../adapters/node/index.ts'
import { type BridgeOptions, websocket, websocketOver } from '../adapters/websocket/index.ts'
import { Broker } from '../src/broker/index.ts'
import type { SocketAdapter } from '../src/socket/socket.ts'
import { embedded } from '../test/contract/embedded.ts'
import { type ClusterUnderTest, collect } from '../test/contract/harness.ts'
import { suites } from '../test/contract/index.ts'
import { type Lack, needing, unless, unlessFar, unlessFirstSeed, unlessFull } from '../test/support/left-out.ts'
import { contractConfig } from './kafka/index.ts'
import { noKafka, sharedKafka } from './shared.ts'

const tokens = signedTokens({ secret: crypto.getRandomValues(new Uint8Array(32)) })

async function embeddedCluster(): Promise<ClusterUnderTest & { stop(): Promise<void> }> {
  const broker = new Broker({ brokers: 3, ...embedded, natives })
  const { addresses, close } = await listen(broker)
  const stop = async (): Promise<void> => {
    await close()
    await broker.close()
  }
  return { brokers: addresses, kind: 'embedded', version: '4.4.0', nodes: 3, stop }
}

const given = (options: BridgeOptions): SocketAdapter => websocket({ ...options, WebSocket })
const ours = (options: BridgeOptions): SocketAdapter => websocketOver(sockets, options)

const kafka = (): ReturnType<typeof sharedKafka> => sharedKafka(1, { own: true, config: contractConfig })

through('a WebSocket of our own and a bridge in front of three embedded brokers', null, embeddedCluster, ours)
// With a WebSocket of the runtime's and a real Kafka, Chromium runs it (e2e/runtimes/contract): the rest is for the whole run.
through('a bridge in front of a real Kafka', noKafka ?? unlessFull, kafka, given)
through('a bridge in front of three embedded brokers', unlessFull, embeddedCluster, given)
through('a WebSocket of our own and a bridge in front of a real Kafka', noKafka ?? unlessFull, kafka, ours)

function through(way: string, lack: Lack | null, ...how: Parameters<typeof contract>): void {
  // What isn't run must not start anything either.
  if (lack !== null) test(`the contract through ${way}`, unless(lack), () => {})
  else describe(`the contract through ${way}`, () => contract(...how))
}

async function contract(
  start: () => Promise<ClusterUnderTest & { stop(): Promise<void> }>,
  adapterTo: (options: BridgeOptions) => SocketAdapter,
): Promise<void> {
  const cluster = await start()
  const bridge = await serveBridge({
    port: 0,
    learnTargets: cluster.brokers[0]!,
    learnPorts: ['1-65535'],
    // Nothing listens there: what the suites call unreachable.
    targets: ['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3', '127.0.0.1:4'],
    allowAddresses: ['127.0.0.1'],
    // The suites look after clusters, too.
    apis: { allow: 'all' },
    authenticate: tokens.authenticate,
    allowNoOrigin: true,
    limits: { upgradesPerSecond: 1000 },
  })
  const adapter = adapterTo({ url: bridge.url, token: () => tokens.sign({ id: 'contract' }) })
  for (const { name, timeoutMs, missing, run } of collect(suites, { cluster, adapter, natives })) {
    const lack = unlessFar(name, 'npm run test:full') ?? unlessFirstSeed(name)
    test(name, { ...unless(needing(missing), lack), timeout: timeoutMs + 5000 }, run)
  }
  test('nothing is left behind', () => expect.poll(() => bridge.connections, { timeout: 15_000 }).toBe(0))
  afterAll(async () => {
    await bridge.close()
    await cluster.stop()
  })
}
