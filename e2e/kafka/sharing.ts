import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type KafkaCluster, startKafka } from './cluster.ts'

/**
 * By default members of consumer groups are heard of every 5 s, and missed after 45; and whoever is in the rack of a
 * follower is served by the leader all the same.
 */
export const contractConfig = {
  'group.consumer.min.heartbeat.interval.ms': 100,
  'group.consumer.heartbeat.interval.ms': 200,
  'group.consumer.min.session.timeout.ms': 1_000,
  'group.consumer.session.timeout.ms': 6_000,
  'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
} as const

/** A cluster as those see it who use it together. */
export interface SharedCluster {
  readonly brokers: readonly string[]
  readonly version: string
}

/**
 * Lets the files of a run, each in a process of its own, use the same clusters: `GET url/3` answers one of three nodes,
 * which is started when it is first asked for.
 */
export async function shareKafka(): Promise<{ url: string; close(): Promise<void> }> {
  const started = new Map<number, Promise<KafkaCluster>>()
  const server = createServer(async (request, response) => {
    const nodes = Number(request.url?.slice(1))
    const cluster = started.get(nodes) ?? startKafka({ nodes, config: contractConfig })
    started.set(nodes, cluster)
    try {
      const { brokers, version } = await cluster
      response.end(JSON.stringify({ brokers, version } satisfies SharedCluster))
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.close()
      const clusters = await Promise.allSettled(started.values())
      await Promise.all(clusters.map(result => (result.status === 'fulfilled' ? result.value.stop() : undefined)))
    },
  }
}

/** The shared cluster of so many nodes. */
export async function askForShared(url: string, nodes: number): Promise<SharedCluster> {
  const response = await fetch(`${url}/${nodes}`)
  if (!response.ok) throw new Error(await response.text())
  return (await response.json()) as SharedCluster
}
