import { type Duration, durationOf } from '../base/duration.ts'
import { ConfigError } from '../base/errors.ts'
import { given, oneOf, type SettingKinds, shown } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import type { KafkaError } from '../protocol/errors.ts'
import type { Addressed, Caller } from './caller.ts'
import { type OffsetRequest, type PartitionOffsets, timeOffsetOf } from './list-offsets.ts'
import { offsetCommit, offsetFetch } from './offsets.ts'
import { both, offsetsOf, partitionsOf, type TopicSelection } from './topic-offsets.ts'

/** Where a group is to go on. What lies outside of a partition becomes its first or last offset. */
export interface ResetTarget {
  /** At an offset, the same in each partition. */
  offset?: number
  /** So many records further, or back if below 0, from where it is. */
  shift?: number
  /** At the first record that is not older than this: milliseconds since 1970, or a Date. */
  time?: number | Date
  /** At the first record that is not older than this: milliseconds, or ISO 8601's text ('PT1H', 'P7D'). */
  duration?: Duration
  /** Partition by partition: what a dry run answered, changed perhaps. */
  offsets?: Readonly<Record<string, readonly PartitionOffset[]>>
}

/** Where a group is to go on in one partition. */
export interface PartitionOffset {
  /** The number of the partition. */
  partition: number
  /** The offset of the next record to read. */
  offset: number
}

const targetFields: SettingKinds<ResetTarget> = {
  offset: 'number',
  shift: 'number',
  time: 'any',
  duration: 'any',
  offsets: 'object',
}

/** What `resetOffsets` of a Client is asked. */
export interface ResetOffsetsRequest extends Addressed {
  /** The group's id. */
  groupId: string
  /** Default: the partitions that the group has positions in. */
  topics?: TopicSelection
  /** Where to: an end of each partition, where the group is (which commits for good), or what a ResetTarget says. */
  to: 'earliest' | 'latest' | 'current' | ResetTarget
  /** False, the default: nothing is changed, the answer says what would be. */
  execute?: boolean
}

export const resetOffsetsSettings: SettingKinds<ResetOffsetsRequest> = {
  addr: 'any',
  groupId: 'string!',
  topics: 'any',
  to: 'any!',
  execute: 'boolean',
}

/** What `resetOffsets` of a Client answers. */
export interface ResetOffsetsResponse {
  /** Whether positions were stored. */
  executed: boolean
  /** What became, or would become, of each partition, by topic. */
  topics: Record<string, ResetOffset[]>
  /** Of topics that could not be asked about at all. */
  errors: Record<string, KafkaError>
}

/** Where a group was in one partition, and is to be. */
export interface ResetOffset {
  /** The number of the partition. */
  partition: number
  /** Where the group was; −1: nowhere. */
  before: number
  /** Where it goes on; −1 upon an error. */
  offset: number
  /** UnknownMemberId: the group has members, and only they may store positions. */
  error: KafkaError | null
}

/** What is asked about each partition, and where that leads. `before` is −1 for none. */
interface Plan {
  ask(partition: number): OffsetRequest[]
  target(found: PartitionOffsets, before: number, topic: string): number
}

/** Sets where a group goes on, or says where that would be. */
export async function resetOffsets(
  caller: Caller,
  request: ResetOffsetsRequest,
  options: CallOptions,
): Promise<ResetOffsetsResponse> {
  const { groupId, execute = false } = request
  const to = request.addr === undefined ? {} : { addr: request.addr }
  const plan = planOf(caller, request.to)
  const stored = await offsetFetch(caller, { ...to, groupId }, options)
  if (stored.error !== null) throw stored.error
  const before = new Map(
    Object.entries(stored.topics).map(([topic, its]) => [
      topic,
      new Map(its.map(({ partition, committedOffset }) => [partition, committedOffset])),
    ]),
  )
  const selected = request.topics ?? selectionOf(request.to) ?? fromEntries(before, its => [...its.keys()])
  const { partitions, errors } = await partitionsOf(caller, to, selected, options)
  const found = await offsetsOf(caller, to, partitions, plan.ask, options)
  const topics = new Map(
    [...found].map(([topic, rows]) => [
      topic,
      rows.map(row => {
        const at = before.get(topic)?.get(row.partition) ?? -1
        const offset = row.error === null ? within(row, plan.target(row, at, topic)) : -1
        return { partition: row.partition, before: at, offset, error: row.error }
      }),
    ]),
  )
  if (execute) await store(caller, { ...to, groupId }, topics, options)
  return { executed: execute, topics: Object.fromEntries(topics), errors }
}

async function store(
  caller: Caller,
  group: Addressed & { groupId: string },
  topics: ReadonlyMap<string, ResetOffset[]>,
  options: CallOptions,
): Promise<void> {
  const commits = fromEntries(topics, rows =>
    rows.flatMap(({ partition, offset, error }) => (error === null ? [{ partition, offset }] : [])),
  )
  const { topics: answered } = await offsetCommit(caller, { ...group, topics: commits }, options)
  for (const [topic, answers] of Object.entries(answered)) {
    const rows = new Map(topics.get(topic)?.map(row => [row.partition, row]))
    for (const { partition, error } of answers) {
      const row = rows.get(partition)
      if (row !== undefined) row.error ??= error
    }
  }
}

function planOf(caller: Caller, to: ResetOffsetsRequest['to']): Plan {
  if (typeof to === 'string') {
    const latest: Plan = { ask: both, target: ({ lastOffset }) => lastOffset }
    return oneOf('to', to, {
      earliest: { ask: both, target: ({ firstOffset }) => firstOffset } as Plan,
      latest,
      // As Kafka's tool has it: at the end where there is no position.
      current: { ask: both, target: ({ lastOffset }, before) => (before < 0 ? lastOffset : before) } as Plan,
    })
  }
  const { offset, shift, time, duration, offsets, ...none } = given('the target of resetOffsets()', to, targetFields)
  const named = [offset, shift, time, duration, offsets].filter(each => each !== undefined)
  if (named.length !== 1 || Object.keys(none).length > 0)
    throw new ConfigError('the target of resetOffsets() is one of offset, shift, time, duration and offsets')
  if (offset !== undefined) return { ask: both, target: () => offset }
  if (shift !== undefined)
    return { ask: both, target: ({ lastOffset }, before) => (before < 0 ? lastOffset : before) + shift }
  if (offsets !== undefined)
    return {
      ask: both,
      target: ({ partition, lastOffset }, before, topic) =>
        offsets[topic]?.find(each => each.partition === partition)?.offset ?? (before < 0 ? lastOffset : before),
    }
  const at = time === undefined ? new Date(caller.clock.now() - durationOf('duration', duration)) : new Date(time)
  if (Number.isNaN(at.getTime())) throw new ConfigError(`the time of resetOffsets() is none: ${shown(time)}`)
  return {
    ask: partition => [...both(partition), timeOffsetOf(partition, at)],
    // None is so young.
    target: ({ lastOffset, offsets }) => [...offsets.keys()].find(found => found >= 0) ?? lastOffset,
  }
}

/** The partitions that a plan names. */
function selectionOf(to: ResetOffsetsRequest['to']): Record<string, number[]> | undefined {
  if (typeof to === 'string' || to.offsets === undefined) return undefined
  return fromEntries(new Map(Object.entries(to.offsets)), its => its.map(({ partition }) => partition))
}

function within({ firstOffset, lastOffset }: PartitionOffsets, offset: number): number {
  return Math.min(Math.max(offset, firstOffset), lastOffset)
}

function fromEntries<V, R>(map: ReadonlyMap<string, V>, to: (value: V) => R): Record<string, R> {
  return Object.fromEntries([...map].map(([key, value]) => [key, to(value)]))
}
