import { type IsoKafkaError, ProtocolError } from '../base/errors.ts'
import type { ResponseOf } from '../protocol/api.ts'
import { errorFor } from '../protocol/errors.ts'
import type { Metadata } from '../protocol/metadata.ts'
import type { PartitionLayout, TopicLayout } from './layout.ts'

type WireTopic = ResponseOf<typeof Metadata>['topics'][number]

/** What a broker said of a topic. */
export function layoutOf(name: string, told: WireTopic): TopicLayout {
  const partitions: PartitionLayout[] = []
  for (const partition of told.partitions) partitions[partition.partitionIndex] = partitionOf(partition)
  const error = errorFor(told.errorCode, `topic ${name}`) ?? oddity(name, told)
  return { name, id: told.topicId, internal: told.isInternal, partitions: error === null ? partitions : [], error }
}

/**
 * The layout with those partitions of the known one that have a newer leader: a broker that lags behind may tell an
 * older one (KIP-320). The same layout if there are none. A topic made anew starts over.
 */
export function withNewerLeaders(layout: TopicLayout, known: TopicLayout | undefined): TopicLayout {
  if (layout.error !== null || known?.id !== layout.id) return layout
  const isNewer = (before: PartitionLayout | undefined, { leaderEpoch }: PartitionLayout): boolean =>
    before !== undefined && leaderEpoch >= 0 && leaderEpoch < before.leaderEpoch
  if (!layout.partitions.some((now, index) => isNewer(known.partitions[index], now))) return layout
  const partitions = layout.partitions.map((now, index) =>
    isNewer(known.partitions[index], now) ? known.partitions[index]! : now,
  )
  return { ...layout, partitions }
}

/** What is wrong with the list of partitions: they are to be numbered from 0 on, each once. */
function oddity(name: string, { partitions }: WireTopic): IsoKafkaError | null {
  const numbers = partitions.map(({ partitionIndex }) => partitionIndex).sort((a, b) => a - b)
  const odd = numbers.find((number, at) => number !== at)
  if (odd !== undefined)
    return new ProtocolError(`topic ${name}: the metadata has partition ${odd} in a list of ${numbers.length}`)
  return numbers.length === 0 ? new ProtocolError(`topic ${name}: the metadata has none of its partitions`) : null
}

function partitionOf(told: WireTopic['partitions'][number]): PartitionLayout {
  return {
    index: told.partitionIndex,
    leader: told.leaderId,
    leaderEpoch: told.leaderEpoch,
    replicas: told.replicaNodes,
    isr: told.isrNodes,
    offline: told.offlineReplicas,
    error: errorFor(told.errorCode),
  }
}
