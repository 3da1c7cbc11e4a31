import { afterAll } from 'vitest'
import { type Listening, listen } from '../../adapters/broker/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker, type BrokerConfig } from '../../src/broker/index.ts'
import { transcripts } from './scenarios/harness.ts'
import type { ClusterKind } from './scenarios/scenario.ts'

const configs: Readonly<Record<ClusterKind, BrokerConfig>> = {
  one: {},
  three: { brokers: 3 },
  guarded: { superUsers: ['User:ANONYMOUS'] },
}

// Over TCP, for kafkajs knows no other way.
const clusters = new Map<ClusterKind, Promise<{ broker: Broker; listening: Listening }>>()

transcripts({
  kind: 'embedded',
  async brokers(kind) {
    const opened = clusters.get(kind) ?? open(configs[kind])
    clusters.set(kind, opened)
    return (await opened).listening.addresses
  },
})

async function open(config: BrokerConfig): Promise<{ broker: Broker; listening: Listening }> {
  const broker = new Broker({ natives, ...config })
  return { broker, listening: await listen(broker) }
}

afterAll(async () => {
  for (const opened of clusters.values()) {
    const { broker, listening } = await opened
    await listening.close()
    await broker.close()
  }
})
