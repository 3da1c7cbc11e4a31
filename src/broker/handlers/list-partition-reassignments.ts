import type { ResponseInput } from '../../protocol/api.ts'
import { ListPartitionReassignments } from '../../protocol/list-partition-reassignments.ts'
import { deniedCluster } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { type Handler, handler } from '../handler.ts'
import type { Partition } from '../log/partition.ts'

type Told = ResponseInput<typeof ListPartitionReassignments>['topics'][number]['partitions'][number]

/** Those that are under way; most are over as soon as they have begun. */
export const listPartitionReassignments: Handler = handler(
  ListPartitionReassignments,
  [0, 0],
  ({ topics }, context) => {
    const { cluster } = context
    const refused = deniedCluster(context, Operation.describe)
    if (refused !== 0) return { errorCode: refused, errorMessage: 'Authorization failed.', topics: [] }
    const asked = topics && new Map<string, Set<number>>()
    for (const { name, partitionIndexes } of topics ?? []) {
      const indexes = asked!.get(name) ?? new Set<number>()
      for (const index of partitionIndexes) indexes.add(index)
      asked!.set(name, indexes)
    }
    const found = new Map<string, Told[]>()
    for (const partition of cluster.replication.moving) {
      const { name } = partition.topic
      if (asked !== null && !asked.get(name)?.has(partition.index)) continue
      const told = found.get(name)
      if (told === undefined) found.set(name, [describe(partition)])
      else told.push(describe(partition))
    }
    return {
      errorCode: 0,
      errorMessage: null,
      topics: [...found].map(([name, partitions]) => ({ name, partitions })),
    }
  },
)

function describe({ index, replicas, move }: Partition): Told {
  const { from, to } = move!
  return {
    partitionIndex: index,
    replicas: replicas.ids,
    addingReplicas: to.filter(id => !from.includes(id)),
    removingReplicas: from.filter(id => !to.includes(id)),
  }
}
