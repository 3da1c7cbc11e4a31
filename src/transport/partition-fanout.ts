import type { Deadline } from '../base/deadline.ts'
import { zeroUuid } from '../bytes/reader.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import type { Cluster } from './cluster.ts'
import type { TopicLayout } from './layout.ts'
import type { PartitionShape, Row } from './routes.ts'

/** One partition of a request, with the topic it is part of. */
export interface Item {
  readonly topic: Row
  readonly partition: Row
  readonly name: string
  readonly index: number
}

/** Who is to be asked for what, and what can't be asked. */
export interface Plan {
  readonly byLeader: ReadonlyMap<number, Item[]>
  /** Partitions without a leader to ask, and why. */
  readonly refused: ReadonlyMap<Item, number>
}

/** The partitions a request is about. */
export function itemsOf(request: Row, shape: PartitionShape): Item[] {
  const items: Item[] = []
  for (const topic of request[shape.topics] as Row[]) {
    for (const partition of topic[shape.partitions] as Row[])
      items.push({ topic, partition, name: topic[shape.name], index: partition[shape.index] })
  }
  return items
}

/** Finds each partition's leader. Rejects when the cluster can't be asked. */
export async function plan(cluster: Cluster, items: readonly Item[], deadline: Deadline, signal: AbortSignal | undefined): Promise<Plan> {
  const byLeader = new Map<number, Item[]>()
  const refused = new Map<Item, number>()
  const names = [...new Set(items.map(({ name }) => name))]
  const layouts = new Map(await Promise.all(names.map(async name => [name, await layoutOrCode(cluster, name, deadline, signal)] as const)))
  for (const item of items) {
    const layout = layouts.get(item.name)!
    const leader = typeof layout === 'number' ? undefined : layout.partitions[item.index]?.leader
    if (typeof layout === 'number') refused.set(item, layout)
    else if (leader === undefined) refused.set(item, ErrorCode.UnknownTopicOrPartition)
    else if (leader < 0) refused.set(item, ErrorCode.LeaderNotAvailable)
    else {
      const its = byLeader.get(leader)
      if (its === undefined) byLeader.set(leader, [item])
      else its.push(item)
    }
  }
  return { byLeader, refused }
}

async function layoutOrCode(
  cluster: Cluster,
  name: string,
  deadline: Deadline,
  signal: AbortSignal | undefined,
): Promise<TopicLayout | number> {
  try {
    return await cluster.topic(name, { timeoutMs: deadline.remaining, ...(signal && { signal }) })
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
}

/** The request with these partitions alone, its topics named by id too where that is known (KIP-516). */
export function requestFor(request: Row, shape: PartitionShape, items: readonly Item[], cluster: Cluster): Row {
  const topics = new Map<Row, Row>()
  for (const { topic, partition, name } of items) {
    let row = topics.get(topic)
    if (row === undefined) {
      row = { ...topic, topicId: topic['topicId'] ?? cluster.peek(name)?.id ?? zeroUuid, [shape.partitions]: [] }
      topics.set(topic, row)
    }
    row[shape.partitions].push(partition)
  }
  return { ...request, [shape.topics]: [...topics.values()] }
}

/** The answer for each item, in the response of one leader; undefined where it left one out. */
export function answersOf(response: Row, shape: PartitionShape, items: readonly Item[], cluster: Cluster): Map<Item, Row | undefined> {
  const told = new Map<string, Row>()
  for (const topic of response[shape.topics] as Row[]) {
    const name = topic[shape.name] || cluster.nameOf(topic['topicId'])
    for (const partition of topic[shape.partitions] as Row[]) told.set(`${partition[shape.index]} ${name}`, partition)
  }
  return new Map(items.map(item => [item, told.get(`${item.index} ${item.name}`)]))
}

/** Takes in the leaders that the response names (KIP-951). */
export function learnLeaders(response: Row, answers: ReadonlyMap<Item, Row | undefined>, cluster: Cluster): void {
  const endpoints = response['nodeEndpoints'] ?? []
  for (const [{ name, index }, answer] of answers) {
    const { leaderId = -1, leaderEpoch = -1 } = answer?.['currentLeader'] ?? {}
    if (leaderId >= 0) cluster.learnLeader({ topic: name, partition: index }, { leaderId, leaderEpoch, endpoints })
  }
}

/** Whether nothing was done, and the partition's leader, found anew, may answer otherwise. */
export function isMoved(code: number): boolean {
  return moved.includes(code)
}

const moved: readonly number[] = [
  ErrorCode.UnknownTopicOrPartition,
  ErrorCode.LeaderNotAvailable,
  ErrorCode.NotLeaderForPartition,
  ErrorCode.ReplicaNotAvailable,
  ErrorCode.KafkaStorageError,
  ErrorCode.FencedLeaderEpoch,
  ErrorCode.UnknownLeaderEpoch,
  ErrorCode.OffsetNotAvailable,
  ErrorCode.UnknownTopicID,
  ErrorCode.InconsistentTopicID,
]
