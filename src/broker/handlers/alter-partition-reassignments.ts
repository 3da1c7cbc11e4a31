import { AlterPartitionReassignments } from '../../protocol/alter-partition-reassignments.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { deniedCluster } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import type { Cluster } from '../cluster.ts'
import { type Handler, handler } from '../handler.ts'
import { andThen } from '../turns.ts'

type Problem = readonly [errorCode: number, errorMessage: string | null]

// What moving a partition takes.
const unitsPerMove = 2

export const alterPartitionReassignments: Handler = handler(
  AlterPartitionReassignments,
  [0, 1],
  ({ topics, allowReplicationFactorChange }, context) => {
    const { cluster } = context
    const refused = deniedCluster(context, Operation.alter)
    if (refused !== 0)
      return { allowReplicationFactorChange, errorCode: refused, errorMessage: 'Authorization failed.', responses: [] }
    const jobs = topics.flatMap(({ name, partitions }, at) => partitions.map(asked => ({ at, name, asked })))
    const moved = cluster.turns.map(
      jobs,
      ({ name, asked: { partitionIndex, replicas } }) => {
        const [errorCode, errorMessage] = move(name, partitionIndex, replicas, allowReplicationFactorChange, cluster)
        return { partitionIndex, errorCode, errorMessage }
      },
      unitsPerMove,
    )
    return andThen(moved, answers => {
      const responses = topics.map(({ name }) => ({ name, partitions: [] as (typeof answers)[number][] }))
      for (const [index, { at }] of jobs.entries()) responses[at]!.partitions.push(answers[index]!)
      return { allowReplicationFactorChange, errorCode: 0, errorMessage: null, responses }
    })
  },
)

function move(
  topic: string,
  index: number,
  to: readonly number[] | null,
  mayResize: boolean,
  cluster: Cluster,
): Problem {
  const { topics, replication } = cluster
  const partition = topics.get(topic)?.partitions[index]
  if (partition === undefined) return [ErrorCode.UnknownTopicOrPartition, `Unable to find partition ${topic}:${index}.`]
  if (to === null)
    return replication.cancelMove(partition)
      ? [0, null]
      : [ErrorCode.NoReassignmentInProgress, 'No reassignment is in progress.']
  const wrong = (why: string): Problem => [
    ErrorCode.InvalidReplicaAssignment,
    `The manual partition assignment includes ${why}.`,
  ]
  if (to.length === 0) return wrong('an empty replica list')
  if (new Set(to).size < to.length) return wrong('a broker more than once')
  const unknown = to.find(id => !cluster.isRegistered(id))
  if (unknown !== undefined) return wrong(`broker ${unknown}, but no such broker is registered`)
  const factor = (partition.move?.from ?? partition.replicas.ids).length
  if (!mayResize && to.length !== factor)
    return [ErrorCode.InvalidReplicationFactor, `The replication factor is changed from ${factor} to ${to.length}`]
  replication.reassign(partition, [...to])
  return [0, null]
}
