import { afterAll, describe, test } from 'vitest'
import { adapter, natives } from '../adapters/node/index.ts'
import { type ClusterUnderTest, collect } from '../test/contract/harness.ts'
import { suites } from '../test/contract/index.ts'
import { noSharedKafka, sharedKafka } from './shared.ts'

/** The contract suites as vitest's tests, on a real Kafka of so many nodes. */
export async function contractOnKafka(nodes: 1 | 3): Promise<void> {
  const none = noSharedKafka(nodes)
  const cluster = none ? { ...absent, nodes } : await sharedKafka(nodes)
  describe.skipIf(none)(`Kafka of ${nodes === 1 ? 'one node' : 'three nodes'}`, () => {
    for (const { name, timeoutMs, missing, run } of collect(suites, { cluster, adapter, natives })) {
      // The harness keeps the deadline; vitest's own comes later so that the harness's message is seen.
      test.skipIf(missing.length > 0)(name, { timeout: timeoutMs + 5000 }, run)
    }
    afterAll(() => cluster.stop())
  })
}

// Skipped tests still have names.
const absent: ClusterUnderTest & { stop(): Promise<void> } = { brokers: [], kind: 'kafka', version: 'none', nodes: 0, async stop() {} }
