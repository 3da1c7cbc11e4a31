import { afterAll } from 'vitest'
import { type Listening, listen } from '../../../adapters/broker/index.ts'
import { natives } from '../../../adapters/node/index.ts'
import { Broker, type BrokerConfig } from '../../../src/broker/index.ts'
import { transcripts } from './harness.ts'
import type { ClusterKind, Scenario } from './scenario.ts'

const configs: Readonly<Record<ClusterKind, BrokerConfig>> = {
  one: {},
  three: { brokers: 3 },
  guarded: { superUsers: ['User:ANONYMOUS'] },
}

/** Compares them on the embedded broker, over TCP, for kafkajs knows no other way. */
export function embeddedTranscripts(scenarios: readonly Scenario[]): void {
  const clusters = new Map<ClusterKind, Promise<{ broker: Broker; listening: Listening }>>()

  transcripts(scenarios, {
    kind: 'embedded',
    async brokers(kind) {
      const opened = clusters.get(kind) ?? open(configs[kind])
      clusters.set(kind, opened)
      return (await opened).listening.addresses
    },
  })

  afterAll(async () => {
    for (const opened of clusters.values()) {
      const { broker, listening } = await opened
      await listening.close()
      await broker.close()
    }
  })
}

async function open(config: BrokerConfig): Promise<{ broker: Broker; listening: Listening }> {
  const broker = new Broker({ natives, ...config })
  return { broker, listening: await listen(broker) }
}
