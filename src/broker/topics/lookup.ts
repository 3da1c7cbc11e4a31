import { ErrorCode } from '../../protocol/errors.ts'
import type { RequestContext } from '../handler.ts'
import type { Partition } from '../log/partition.ts'
import type { Node } from '../node.ts'
import type { Topic } from './topic.ts'

/** A topic named by id where the API's version does so, by name elsewhere; or the code of what is unknown. */
export function topicOf(
  named: { readonly name: string; readonly topicId: string },
  byId: boolean,
  { cluster }: RequestContext,
): Topic | number {
  if (byId) return cluster.topicById(named.topicId) ?? ErrorCode.UnknownTopicID
  return cluster.topics.get(named.name) ?? ErrorCode.UnknownTopicOrPartition
}

/**
 * A partition this broker leads; else the code of why not. `currentEpoch` is the leader epoch the client knows, −1 for
 * none (KIP-320).
 */
export function ledPartition(
  topic: Topic,
  index: number,
  { node }: RequestContext,
  currentEpoch = -1,
): Partition | number {
  const partition = topic.partitions[index]
  if (partition === undefined) return ErrorCode.UnknownTopicOrPartition
  if (currentEpoch >= 0 && currentEpoch < partition.leaderEpoch) return ErrorCode.FencedLeaderEpoch
  if (currentEpoch > partition.leaderEpoch) return ErrorCode.UnknownLeaderEpoch
  return partition.leader === node.id ? partition : ErrorCode.NotLeaderForPartition
}

/** Brokers as the connection's listener reaches them. */
export function reachable(
  nodes: Iterable<Node>,
  { connection }: RequestContext,
): { nodeId: number; host: string; port: number; rack: string | null }[] {
  return [...nodes].flatMap(({ id, rack }) => {
    const address = connection.listener.address(id)
    return address === undefined ? [] : [{ nodeId: id, ...address, rack }]
  })
}

/** Addresses of the leaders that an answer names in place of this broker (KIP-951). */
export function endpointsOf(leaders: Iterable<number>, context: RequestContext): ReturnType<typeof reachable> {
  const { nodes } = context.cluster
  return reachable(
    [...new Set(leaders)].flatMap(id => nodes.get(id) ?? []),
    context,
  )
}
