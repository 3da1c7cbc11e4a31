import { afterAll, describe, expect, test } from 'vitest'
import { listen } from '../../adapters/broker/index.ts'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { type ClusterUnderTest, collect } from '../../test/contract/harness.ts'
import { suites } from '../../test/contract/index.ts'
import { noKafka, sharedKafka } from '../shared.ts'
import { act } from './act.ts'
import { startStage, whyNoChromium } from './chromium.ts'

const missing = whyNoChromium()
if (missing !== null) console.warn(`\nSkipping the tests in Chromium. ${missing}\n`)

async function embedded(): Promise<ClusterUnderTest & { stop(): Promise<void> }> {
  const broker = new Broker({ brokers: 3, racks: ['a', 'b', 'c'], numPartitions: 6, natives })
  const { addresses, close } = await listen(broker)
  const stop = async (): Promise<void> => {
    await close()
    await broker.close()
  }
  return { brokers: addresses, kind: 'embedded', version: '4.4.0', nodes: 3, stop }
}

describe.skipIf(missing !== null)('in Chromium, on embedded brokers', () => contract(embedded))
describe.skipIf(missing !== null || noKafka)('in Chromium, on a real Kafka', () => contract(() => sharedKafka(1)))

async function contract(start: () => Promise<ClusterUnderTest & { stop(): Promise<void> }>): Promise<void> {
  if (missing !== null) {
    test('the contract', () => {})
    return
  }
  const { stop, ...cluster } = await start()
  const stage = await startStage(cluster.brokers)
  const page = await stage.open('e2e/browser/entries/contract.ts')
  await act(page, 'begin', { cluster, bridge: stage.bridge.url })
  test('the origin is insecure, and the policy lets no text become code', async () => {
    expect(await act(page, 'facts')).toEqual({ subtle: false, randomUUID: false, evaluated: 'EvalError', assembled: 'CompileError' })
  })
  const idle = { adapter: memory(new Broker(), natives), natives }
  for (const { name, timeoutMs, missing } of collect(suites, { ...idle, cluster })) {
    test.skipIf(missing.length > 0)(name, { timeout: timeoutMs + 5000 }, () => act(page, 'run', name))
  }
  test('nothing is left behind', () => expect.poll(() => stage.bridge.connections, { timeout: 15_000 }).toBe(0))
  afterAll(async () => {
    await stage.close()
    await stop()
  })
}
