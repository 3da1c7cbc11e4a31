import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import type { Cluster, WaitOptions } from './cluster.ts'
import type { TopicLayout } from './layout.ts'
import type { Part } from './parts.ts'

/** Which broker is to be asked for which partitions, and what can't be asked. */
export interface Owners {
  readonly byBroker: ReadonlyMap<number, Part[]>
  /** Partitions without a broker to ask, and why. */
  readonly refused: ReadonlyMap<Part, number>
}

/** Finds each partition's leader. Rejects when the cluster can't be asked. */
export async function leadersOf(cluster: Cluster, parts: readonly Part[], options: WaitOptions): Promise<Owners> {
  const names = [...new Set(parts.map(({ topic }) => topic))]
  const layouts = new Map(
    await Promise.all(names.map(async name => [name, await layoutOrCode(cluster, name, options)] as const)),
  )
  return grouped(parts, ({ topic, index }) => {
    const layout = layouts.get(topic)!
    if (typeof layout === 'number') return { refused: layout }
    const leader = layout.partitions[index]?.leader
    if (leader === undefined) return { refused: ErrorCode.UnknownTopicOrPartition }
    return leader < 0 ? { refused: ErrorCode.LeaderNotAvailable } : leader
  })
}

/** Finds the coordinator of each partition's state in the share group. */
export async function shareCoordinatorsOf(
  cluster: Cluster,
  groupId: string,
  parts: readonly Part[],
  options: WaitOptions,
): Promise<Owners> {
  const found = new Map(
    await Promise.all(
      parts.map(async part => [part, await cluster.coordinator('share', shareKey(groupId, part), options)] as const),
    ),
  )
  return grouped(parts, part => found.get(part)!)
}

/** What Kafka finds the coordinator of a share partition by. */
export function shareKey(groupId: string, { topicId, index }: Part): string {
  return `${groupId}:${topicId}:${index}`
}

/** `ownerOf` answers a broker's id, or the error code of a partition that has none. */
function grouped(parts: readonly Part[], ownerOf: (part: Part) => number | { readonly refused: number }): Owners {
  const byBroker = new Map<number, Part[]>()
  const refused = new Map<Part, number>()
  for (const part of parts) {
    const owner = ownerOf(part)
    if (typeof owner === 'object') refused.set(part, owner.refused)
    else if (byBroker.has(owner)) byBroker.get(owner)!.push(part)
    else byBroker.set(owner, [part])
  }
  return { byBroker, refused }
}

async function layoutOrCode(cluster: Cluster, name: string, options: WaitOptions): Promise<TopicLayout | number> {
  // Named by an id that we don't know.
  if (name === '') return ErrorCode.UnknownTopicID
  try {
    return await cluster.topic(name, options)
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
}
