import { afterAll, beforeAll, describe } from 'vitest'
import { transcripts } from '../../test/kafkajs/scenarios/harness.ts'
import { scenarios } from '../../test/kafkajs/scenarios/index.ts'
import type { ClusterKind } from '../../test/kafkajs/scenarios/scenario.ts'
import { unless, unlessFull } from '../../test/support/left-out.ts'
import { versions } from '../full.ts'
import { type KafkaCluster, type KafkaOptions, startKafka } from '../kafka/index.ts'
import { noKafka } from '../shared.ts'
import { loaded } from './loaded.ts'

const kinds: readonly ClusterKind[] = ['one', 'guarded', 'three']

function options(kind: ClusterKind, version: string): KafkaOptions {
  if (kind === 'one') return { version }
  if (kind === 'three') return { version, nodes: 3 }
  const authorizer = version.startsWith('2.')
    ? 'kafka.security.authorizer.AclAuthorizer'
    : 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'
  return { version, config: { 'authorizer.class.name': authorizer, 'super.users': 'User:ANONYMOUS' } }
}

// The same run on the embedded broker in a usual run.
describe.each(versions)('on Kafka %s', unless(unlessFull, noKafka), version => {
  const clusters = new Map<ClusterKind, KafkaCluster>()
  beforeAll(async () => {
    for (const kind of kinds) clusters.set(kind, await loaded(await startKafka(options(kind, version))))
  }, 400_000)

  transcripts(scenarios, {
    kind: 'kafka',
    brokers: async kind => clusters.get(kind)!.brokers,
  })

  afterAll(async () => {
    for (const cluster of clusters.values()) await cluster.stop()
  })
})
