import { afterAll, describe } from 'vitest'
import { Client } from '../../src/index.ts'
import { transcripts } from '../../test/kafkajs/scenarios/harness.ts'
import { scenarios } from '../../test/kafkajs/scenarios/index.ts'
import type { ClusterKind } from '../../test/kafkajs/scenarios/scenario.ts'
import { unless } from '../../test/support/left-out.ts'
import { versions } from '../full.ts'
import { type KafkaCluster, type KafkaOptions, startKafka } from '../kafka/index.ts'
import { noKafka } from '../shared.ts'

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

// 2.8 has another authorizer, and nothing that 3.9 has not for kafkajs.
describe.each(versions.filter(version => !version.startsWith('2.')))('on Kafka %s', unless(noKafka), version => {
  const clusters = new Map<ClusterKind, Promise<KafkaCluster>>()

  transcripts(scenarios, {
    kind: 'kafka',
    async brokers(kind) {
      const started = clusters.get(kind) ?? ready(startKafka({ version, ...options[kind] }))
      clusters.set(kind, started)
      return (await started).brokers
    },
  })

  afterAll(async () => {
    await Promise.all([...clusters.values()].map(async started => (await started).stop()))
  })
})

/** With a coordinator that has loaded what it is asked about: kafkajs does not wait for that everywhere. */
async function ready(starting: Promise<KafkaCluster>): Promise<KafkaCluster> {
  const cluster = await starting
  await using client = new Client({ addr: cluster.brokers })
  const groupIds = Array.from({ length: 50 }, (_, at) => `group-${at}`)
  while (true) {
    const answers = await Promise.all(groupIds.map(groupId => client.offsetFetch({ groupId })))
    if (answers.every(({ error }) => error === null)) return cluster
  }
}
