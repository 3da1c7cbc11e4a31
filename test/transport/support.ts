import { memory } from '../../adapters/memory/index.ts'
import type { ClientEvent } from '../../src/base/events.ts'
import { Broker, type BrokerConfig } from '../../src/broker/index.ts'
import type { Api } from '../../src/protocol/api.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import type { Cluster } from '../../src/transport/cluster.ts'
import type { TransportConfig } from '../../src/transport/config.ts'
import { Transport } from '../../src/transport/transport.ts'

/** An embedded cluster, a transport to it, and what happened on it. */
export interface Bench {
  readonly broker: Broker
  readonly transport: Transport
  readonly cluster: Cluster
  readonly events: ClientEvent[]
  /** Names of the topics in each metadata request; null for all. */
  readonly asked: (string[] | null)[]
  /** The next event that fits. */
  next(fits: (event: ClientEvent) => boolean): Promise<ClientEvent>
  close(): Promise<void>
}

export function bench(brokerConfig: BrokerConfig = {}, config: TransportConfig = {}): Bench {
  const broker = new Broker({ brokers: 3, topics: [{ name: 'topic', partitions: 3 }], ...brokerConfig })
  const events: ClientEvent[] = []
  const waiting = new Set<(event: ClientEvent) => void>()
  const asked: (string[] | null)[] = []
  broker.control(Metadata, ({ topics }) => {
    asked.push(topics === null ? null : topics.map(({ name }) => name ?? ''))
    return undefined
  })
  const transport = new Transport({
    adapter: memory(broker),
    natives: {},
    backoff: { min: 5, max: 50 },
    ...config,
    onEvent(event) {
      events.push(event)
      for (const look of [...waiting]) look(event)
    },
  })
  return {
    broker,
    transport,
    cluster: transport.cluster(broker.addresses),
    events,
    asked,
    next: fits =>
      new Promise(resolve => {
        const look = (event: ClientEvent): void => {
          if (!fits(event)) return
          waiting.delete(look)
          resolve(event)
        }
        waiting.add(look)
      }),
    async close() {
      await transport.close()
      await broker.close()
    },
  }
}

export function countOf(events: readonly ClientEvent[], { name }: Pick<Api, 'name'>): number {
  return events.filter(event => event.type === 'request' && event.api === name).length
}
