import { type IsoKafkaError, ProtocolError } from '../base/errors.ts'
import type { ResponseOf } from '../protocol/api.ts'
import { errorFor } from '../protocol/errors.ts'
import type { Metadata } from '../protocol/metadata.ts'
import type { PartitionLayout, TopicLayout } from './layout.ts'

type WireTopic = ResponseOf<typeof Metadata>['topics'][number]

/** What a broker said of a topic. Partitions of the same topic that are known with a newer leader stay as they are. */
export function layoutOf(name: string, told: WireTopic, known?: TopicLayout): TopicLayout {
  const partitions: PartitionLayout[] = []
  for (const partition of told.partitions) partitions[partition.partitionIndex] = partitionOf(partition)
  const error = errorFor(told.errorCode, `topic ${name}`) ?? oddity(name, told)
  if (error === null && known?.id === told.topicId) {
    for (const [index, before] of known.partitions.entries()) {
      const now = partitions[index]
      // A broker that lags behind may answer with an older leader than we know (KIP-320). A topic made anew starts over.
      if (now !== undefined && now.leaderEpoch >= 0 && now.leaderEpoch < before.leaderEpoch) partitions[index] = before
    }
  }
  return { name, id: told.topicId, internal: told.isInternal, partitions: error === null ? partitions : [], error }
}

/** What is wrong with the list of partitions: they are to be numbered from 0 on, each once. */
function oddity(name: string, { partitions }: WireTopic): IsoKafkaError | null {
  const numbers = partitions.map(({ partitionIndex }) => partitionIndex).sort((a, b) => a - b)
  const odd = numbers.find((number, at) => number !== at)
  if (odd !== undefined) return new ProtocolError(`topic ${name}: the metadata has partition ${odd} in a list of ${numbers.length}`)
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
