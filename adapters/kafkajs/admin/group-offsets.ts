import type { OffsetFetchResponse } from '../../../src/client/offsets.ts'
import { FirstOffset, LastOffset } from '../../../src/protocol/offsets.ts'
import { kafkaJSError } from '../translate.ts'
import type { Admin, SeekEntry } from '../types/admin.ts'
import type { AdminCluster } from './cluster.ts'
import { describeGroups } from './groups.ts'
import { longOf } from './long.ts'
import { fetchTopicOffsets, partitionIds } from './offsets.ts'
import { refuse } from './refuse.ts'

type Stored = Awaited<ReturnType<Admin['fetchOffsets']>>

export async function fetchOffsets(
  cluster: AdminCluster,
  { groupId, topics, resolveOffsets = false }: Parameters<Admin['fetchOffsets']>[0],
): Promise<Stored> {
  if (!groupId) refuse(`Invalid groupId ${groupId}`)
  const names = topics || []
  if (!Array.isArray(names)) refuse('Expected topics array to be set')
  const asked = await Promise.all(names.map(async topic => [topic, await partitionIds(cluster, topic)] as const))
  const answer = await cluster.ask(client =>
    client.offsetFetch({ groupId, ...(asked.length > 0 && { topics: Object.fromEntries(asked) }) }),
  )
  const stored = storedOf(answer)
  return resolveOffsets ? await Promise.all(stored.map(each => resolved(cluster, groupId, each))) : stored
}

function storedOf({ error, topics }: OffsetFetchResponse): Stored {
  const failed =
    error ??
    Object.values(topics)
      .flat()
      .find(each => each.error !== null)?.error
  if (failed) throw kafkaJSError(failed)
  return Object.entries(topics).map(([topic, partitions]) => ({
    topic,
    partitions: partitions.map(({ partition, committedOffset, metadata }) => ({
      partition,
      offset: String(committedOffset),
      metadata: metadata || null,
    })),
  }))
}

/** Positions that say 'the beginning' or 'the end' become those of now, and are stored so. */
async function resolved(cluster: AdminCluster, groupId: string, { topic, partitions }: Stored[number]) {
  const ends = new Map((await fetchTopicOffsets(cluster, topic)).map(each => [each.partition, each]))
  const now = partitions.map(({ partition, offset, metadata }) => {
    const end = ends.get(partition)
    const at = Number(offset)
    if (at === FirstOffset) return { partition, offset: end?.low ?? offset, metadata }
    if (at === LastOffset) return { partition, offset: end?.high ?? offset, metadata }
    return { partition, offset, metadata }
  })
  await setOffsets(cluster, { groupId, topic, partitions: now })
  return { topic, partitions: now }
}

export async function resetOffsets(
  cluster: AdminCluster,
  { groupId, topic, earliest = false }: Parameters<Admin['resetOffsets']>[0],
): Promise<void> {
  if (!groupId) refuse(`Invalid groupId ${groupId}`)
  if (!topic) refuse(`Invalid topic ${topic}`)
  const partitions = await partitionIds(cluster, topic)
  // An end itself is stored, not the offset that it has now: consumers look it up when they come.
  const offset = String(earliest ? FirstOffset : LastOffset)
  await setOffsets(cluster, { groupId, topic, partitions: partitions.map(partition => ({ partition, offset })) })
}

export async function setOffsets(
  cluster: AdminCluster,
  { groupId, topic, partitions }: Parameters<Admin['setOffsets']>[0],
): Promise<void> {
  if (!groupId) refuse(`Invalid groupId ${groupId}`)
  if (!topic) refuse(`Invalid topic ${topic}`)
  if (!partitions || partitions.length === 0) refuse('Invalid partitions')
  // Refuses a topic that is not there, as the broker would not.
  await partitionIds(cluster, topic)
  const { groups } = await describeGroups(cluster, [groupId])
  const state = groups[0]?.state
  if (state !== 'Empty' && state !== 'Dead')
    refuse(`The consumer group must have no running instances, current state: ${state}`)
  const commits = partitions.map(position)
  const { topics } = await cluster.ask(client => client.offsetCommit({ groupId, topics: { [topic]: commits } }))
  const failed = (topics[topic] ?? []).find(({ error }) => error !== null)?.error
  if (failed) throw kafkaJSError(failed)
}

/** Offsets may be numbers or texts; below 0 there are the two that stand for the ends. */
function position({ partition, offset }: SeekEntry): { partition: number; offset: number } {
  if (Number.isNaN(Number(partition))) refuse(`Invalid partition, expected a number received ${partition}`)
  const at = longOf(offset)
  if (at === undefined) refuse(`Invalid offset, expected a long received ${offset}`)
  if (at < 0 && at !== FirstOffset && at !== LastOffset) refuse('Offset must not be a negative number')
  return { partition: Number(partition), offset: at }
}
