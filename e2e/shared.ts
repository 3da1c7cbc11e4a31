import { inject } from 'vitest'
import type { ClusterUnderTest } from '../test/contract/harness.ts'
import { givenBrokers, startKafka } from './kafka/index.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** What must be installed before a Kafka can be started here; null when nothing. Set by kafka/setup.ts, as is the next. */
    missing: string | null
    /** How many nodes the cluster has that KAFKA_BROKERS names; 0 without. */
    givenNodes: number
  }
}

/** For `describe.skipIf`: whether no Kafka can be started here. Under CI a test of its own fails then. */
export const noKafka = inject('missing') !== null

/** For `describe.skipIf`: whether `sharedKafka` has none of so many nodes. */
export function noSharedKafka(nodes: 1 | 3): boolean {
  return noKafka && !fits(nodes)
}

/** A cluster the test may use but not stop or change: the one KAFKA_BROKERS names if it has as many nodes, or one of its own. */
export async function sharedKafka(nodes: 1 | 3): Promise<ClusterUnderTest & { stop(): Promise<void> }> {
  if (fits(nodes)) return { brokers: givenBrokers(), kind: 'kafka', version: 'unknown', nodes: inject('givenNodes'), async stop() {} }
  const cluster = await startKafka({ nodes })
  return { brokers: cluster.brokers, kind: 'kafka', version: cluster.version, nodes, stop: () => cluster.stop() }
}

function fits(nodes: 1 | 3): boolean {
  const given = inject('givenNodes')
  return given > 0 && given >= 3 === nodes >= 3
}
