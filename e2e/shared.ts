import { inject } from 'vitest'
import type { ClusterUnderTest } from '../test/contract/harness.ts'
import { brokersSeenBy, startKafka } from './kafka/index.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** What must be installed before a Kafka can be started here; null when nothing. Set by kafka/setup.ts. */
    missing: string | null
  }
}

/** For `describe.skipIf`: whether no Kafka can be started here. Under CI the run has already failed then. */
export const noKafka = inject('missing') !== null

/** A cluster the test may use but not stop or change: one of its own, or the one KAFKA_BROKERS names if it has as many nodes. */
export async function sharedKafka(nodes: 1 | 3): Promise<ClusterUnderTest & { stop(): Promise<void> }> {
  const given = process.env['KAFKA_BROKERS']?.split(',') ?? []
  const seen = given[0] === undefined ? 0 : await brokersSeenBy(given[0])
  if (given[0] !== undefined && seen === 0) throw new Error(`no Kafka answers at ${given[0]} (KAFKA_BROKERS)`)
  if (seen > 0 && seen >= 3 === nodes >= 3) return { brokers: given, kind: 'kafka', version: 'unknown', nodes: seen, async stop() {} }
  const cluster = await startKafka({ nodes })
  return { brokers: cluster.brokers, kind: 'kafka', version: cluster.version, nodes, stop: () => cluster.stop() }
}
