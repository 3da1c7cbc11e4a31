import { afterAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { serveBridge, signedTokens } from '../adapters/bridge/index.ts'
import { listen } from '../adapters/broker/index.ts'
import { natives } from '../adapters/node/index.ts'
import { websocket } from '../adapters/websocket/index.ts'
import { Broker } from '../src/broker/index.ts'
import { type ClusterUnderTest, collect } from '../test/contract/harness.ts'
import { suites } from '../test/contract/index.ts'

const tokens = signedTokens({ secret: crypto.getRandomValues(new Uint8Array(32)) })

describe('the contract through a bridge in front of three embedded brokers', async () => {
  const broker = new Broker({ brokers: 3, racks: ['a', 'b', 'c'], numPartitions: 6, natives })
  const listening = await listen(broker)
  const bridge = await serveBridge({
    port: 0,
    learnTargets: listening.addresses[0]!,
    // Nothing listens there: what the suites call unreachable.
    targets: ['127.0.0.1:1', '127.0.0.1:2'],
    allowAddresses: ['127.0.0.1'],
    authenticate: tokens.authenticate,
    allowNoOrigin: true,
    limits: { upgradesPerSecond: 1000 },
  })
  const adapter = websocket({ url: bridge.url, token: () => tokens.sign({ id: 'contract' }), WebSocket })
  const cluster: ClusterUnderTest = { brokers: listening.addresses, kind: 'embedded', version: '4.4.0', nodes: 3 }
  for (const { name, timeoutMs, missing, run } of collect(suites, { cluster, adapter, natives })) {
    test.skipIf(missing.length > 0)(name, { timeout: timeoutMs + 5000 }, run)
  }
  afterAll(async () => {
    await expect.poll(() => bridge.connections, { timeout: 15_000 }).toBe(0)
    await bridge.close()
    await listening.close()
    await broker.close()
  })
})
