import { DescribeLogDirs } from '../../protocol/describe-log-dirs.ts'
import { deniedCluster } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { type Handler, handler } from '../handler.ts'
import type { Partition } from '../log/partition.ts'
import type { Topic } from '../topics/topic.ts'
import { andThen } from '../turns.ts'

/** A broker has one, of which nothing but the name is real. */
export function logDirOf(brokerId: number): string {
  return `/memory/broker-${brokerId}`
}

export const describeLogDirs: Handler = handler(DescribeLogDirs, [1, 5], ({ topics }, context) => {
  const { cluster, node } = context
  const refused = deniedCluster(context, Operation.describe)
  if (refused !== 0) return { errorCode: refused, results: [] }
  // What is not here is left out, and what is named twice told once.
  const asked = new Map<Topic, Set<number> | null>()
  if (topics === null) for (const topic of cluster.topics.values()) asked.set(topic, null)
  for (const { topic: name, partitions } of topics ?? []) {
    const topic = cluster.topics.get(name)
    if (topic === undefined) continue
    const indexes = asked.get(topic) ?? new Set<number>()
    for (const index of partitions) indexes.add(index)
    asked.set(topic, indexes)
  }
  let taken = 0
  for (const { partitions } of cluster.topics.values()) for (const { log } of partitions) taken += log.capacity
  const described = cluster.turns.map([...asked], ([topic, indexes]) => {
    cluster.turns.spend(topic.partitions.length / 4)
    const here = topic.partitions.filter(
      ({ index, replicas }) => replicas.ids.includes(node.id) && (indexes?.has(index) ?? true),
    )
    return here.length === 0 ? [] : [{ name: topic.name, partitions: here.map(each => describe(each, node.id)) }]
  })
  return andThen(described, topics => ({
    errorCode: 0,
    results: [
      {
        errorCode: 0,
        logDir: logDirOf(node.id),
        topics: topics.flat(),
        totalBytes: cluster.maxBytes,
        usableBytes: Math.max(0, cluster.maxBytes - taken),
        isCordoned: false,
      },
    ],
  }))
})

function describe({ index, log, replicas, highWatermark }: Partition, brokerId: number) {
  const offsetLag = Math.max(0, highWatermark - replicas.endOf(brokerId))
  return { partitionIndex: index, partitionSize: log.size, offsetLag, isFutureKey: false }
}
