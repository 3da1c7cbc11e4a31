import { afterAll, beforeAll, describe } from 'vitest'
import { transcripts } from '../../test/kafkajs/scenarios/harness.ts'
import { scenarios } from '../../test/kafkajs/scenarios/index.ts'
import type { ClusterKind } from '../../test/kafkajs/scenarios/scenario.ts'
import { unless, unlessFull } from '../../test/support/left-out.ts'
import { versions } from '../full.ts'
import { type KafkaCluster, type KafkaOptions, startKafka } from '../kafka/index.ts'
import { noKafka } from '../shared.ts'
import { loaded } from './loaded.ts'

const options: Readonly<Record<ClusterKind, KafkaOptions>> = {
  one: {},
  three: { nodes: 3 },
  guarded: {
    config: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
  },
}

// The same run on the embedded broker in a usual run. 2.8 has another authorizer, and nothing that 3.9 has not for kafkajs.
describe.each(versions.filter(version => !version.startsWith('2.')))(
  'on Kafka %s',
  unless(unlessFull, noKafka),
  version => {
    const clusters = new Map<ClusterKind, KafkaCluster>()
    beforeAll(async () => {
      for (const kind of ['one', 'guarded', 'three'] as const)
        clusters.set(kind, await loaded(await startKafka({ version, ...options[kind] })))
    }, 400_000)

    transcripts(scenarios, {
      kind: 'kafka',
      brokers: async kind => clusters.get(kind)!.brokers,
    })

    afterAll(async () => {
      for (const cluster of clusters.values()) await cluster.stop()
    })
  },
)
