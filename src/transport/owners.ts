import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import type { CoordinatorKind } from '../protocol/route.ts'
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
    await Promise.all(names.map(async name => [name, await layoutOrRefusal(cluster, name, options)] as const)),
  )
  return grouped(parts, ({ topic, index }) => {
    const layout = layouts.get(topic)!
    if ('refused' in layout) return layout
    const leader = layout.partitions[index as number]?.leader
    if (leader === undefined) return { refused: ErrorCode.UnknownTopicOrPartition }
    return leader < 0 ? { refused: ErrorCode.LeaderNotAvailable } : leader
  })
}

/** Finds the coordinator of each part by its key. */
export async function coordinatorsOf(
  cluster: Cluster,
  kind: CoordinatorKind,
  parts: readonly Part[],
  keyOf: (part: Part) => string,
  options: WaitOptions,
): Promise<Owners> {
  const found = new Map(
    await Promise.all(
      parts.map(async part => [part, await orRefusal(cluster.coordinator(kind, keyOf(part), options))] as const),
    ),
  )
  return grouped(parts, part => found.get(part)!)
}

/** An answer's error code, in place of what was asked for. */
interface Refusal {
  readonly refused: number
}

/** `ownerOf` answers a broker's id, or why there is none. */
function grouped(parts: readonly Part[], ownerOf: (part: Part) => number | Refusal): Owners {
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

async function layoutOrRefusal(cluster: Cluster, name: string, options: WaitOptions): Promise<TopicLayout | Refusal> {
  // Named by an id that we don't know.
  if (name === '') return { refused: ErrorCode.UnknownTopicID }
  return orRefusal(cluster.topic(name, options))
}

async function orRefusal<T>(asked: Promise<T>): Promise<T | Refusal> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof KafkaError) return { refused: error.code }
    throw error
  }
}
