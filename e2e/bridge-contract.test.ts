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
import { type Lack, needing, unless, unlessFirstSeed, unlessFull } from '../test/support/left-out.ts'
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

const kafka = (): ReturnType<typeof sharedKafka> => sharedKafka(1, { own: true })

