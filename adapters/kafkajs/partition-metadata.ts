import type { PartitionLayout, TopicLayout } from '../../src/transport/layout.ts'
import type { PartitionMetadata } from './types/common.ts'

// Partitioners know by identity that nothing changed.
const told = new WeakMap<TopicLayout, PartitionMetadata[]>()

/** What is known of a topic's partitions, in kafkajs's terms; the same list as long as nothing changed. */
export function partitionMetadata(layout: TopicLayout): PartitionMetadata[] {
  let metadata = told.get(layout)
  if (metadata === undefined) {
    metadata = layout.partitions.map(metadataOf)
    told.set(layout, metadata)
  }
  return metadata
}

function metadataOf({ index, leader, replicas, isr, offline, error }: PartitionLayout): PartitionMetadata {
  return {
    partitionErrorCode: error?.code ?? 0,
    partitionId: index,
    leader,
    replicas: [...replicas],
    isr: [...isr],
    offlineReplicas: [...offline],
  }
}
