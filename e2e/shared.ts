import { inject } from 'vitest'
import type { ClusterUnderTest } from '../test/contract/harness.ts'
import type { Lack } from '../test/support/left-out.ts'
import { askForShared, givenBrokers, startKafka } from './kafka/index.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Why no Kafka can be started here; null when one can. Set by kafka/setup.ts, as is the next. */
    missing: Lack | null
    /** How many nodes the cluster has that KAFKA_BROKERS names; 0 without. */
    givenNodes: number
    /** Where to ask for the clusters of this run. */
    sharedKafka: string
  }
}

/** Why no Kafka can be started here; null when one can. */
export const noKafka: Lack | null = inject('missing')

/** Why `sharedKafka` has none of so many nodes; null when it has. */
export function noSharedKafka(nodes: 1 | 3): Lack | null {
  return fits(nodes) ? null : noKafka
}

type Cluster = ClusterUnderTest & { stop(): Promise<void> }

/**
 * A cluster the test may use but not stop or change: the one KAFKA_BROKERS names if it has as many nodes, or one that
 * other files use at the same time. `own`: one that no other file uses, for who makes topics by the hundred or looks at
 * all there is. `config`: broker settings of such a one.
 */
export async function sharedKafka(
  nodes: 1 | 3,
  { own = false, config = {} }: { own?: boolean; config?: Readonly<Record<string, string | number>> } = {},
): Promise<Cluster> {
  if (fits(nodes))
    return { brokers: givenBrokers(), kind: 'kafka', version: 'unknown', nodes: inject('givenNodes'), async stop() {} }
  if (!own) return { ...(await askForShared(inject('sharedKafka'), nodes)), kind: 'kafka', nodes, async stop() {} }
  const { brokers, version, stop } = await startKafka({ nodes, config })
  return { brokers, kind: 'kafka', version, nodes, stop }
}

function fits(nodes: 1 | 3): boolean {
  const given = inject('givenNodes')
  return given > 0 && given >= 3 === nodes >= 3
}
