import { afterAll, describe, test } from 'vitest'
import { adapter, natives } from '../adapters/node/index.ts'
import { type ClusterUnderTest, collect } from '../test/contract/harness.ts'
import { suites } from '../test/contract/index.ts'
import { needing, unless, unlessFirstSeed, unlessFull } from '../test/support/left-out.ts'
import { full } from './full.ts'
import { contractConfig, startKafka } from './kafka/index.ts'
import { noKafka, noSharedKafka, sharedKafka } from './shared.ts'

type Cluster = ClusterUnderTest & { stop(): Promise<void> }

/** The contract suites as vitest's tests, on a real Kafka of so many nodes. */
export async function contractOnKafka(nodes: 1 | 3): Promise<void> {
  const none = noSharedKafka(nodes)
  declare(`Kafka of ${inWords(nodes)}`, none === null ? await sharedKafka(nodes) : undefined)
}

/** The same on an older version. Without FULL=1 only these rooms' suites. */
export async function contractOnOldKafka(
  version: string,
  nodes: 1 | 3,
  otherwise: readonly string[] = [],
): Promise<void> {
  const rooms = full ? Object.keys(suites) : otherwise
  const name = `Kafka ${version} of ${inWords(nodes)}`
  if (rooms.length === 0) test(name, unless(unlessFull), () => {})
  else if (noKafka !== null) declare(name, undefined, rooms)
  else {
    const { brokers, stop } = await startKafka({ nodes, version, config: contractConfig })
    declare(name, { brokers, kind: 'kafka', version, nodes, stop }, rooms)
  }
}

function declare(title: string, cluster: Cluster = absent, rooms: readonly string[] = Object.keys(suites)): void {
  const wanted = Object.fromEntries(rooms.map(room => [room, suites[room]!]))
  describe(title, unless(cluster === absent ? noKafka : null), () => {
    for (const { name, timeoutMs, missing, run } of collect(wanted, { cluster, adapter, natives })) {
      // The harness keeps the deadline; vitest's own comes later so that the harness's message is seen.
      test(name, { ...unless(needing(missing), unlessFirstSeed(name)), timeout: timeoutMs + 5000 }, run)
    }
    afterAll(() => cluster.stop())
  })
}

function inWords(nodes: 1 | 3): string {
  return nodes === 1 ? 'one node' : 'three nodes'
}

// Skipped tests still have names.
const absent: Cluster = { brokers: [], kind: 'kafka', version: 'none', nodes: 0, async stop() {} }
