import { ConfigError } from '../base/errors.ts'
import { shown } from '../base/settings.ts'
import type { PartitionOffset } from './reset-offsets.ts'

/** Where a group is, or is to go on. */
export interface ParsedOffsets {
  /** null where the text names none: then it is for whatever group is reset. */
  groupId: string | null
  /** Positions, by topic. */
  topics: Record<string, PartitionOffset[]>
}

/** What a dry run of `resetOffsets`, or `offsetFetch`, answered about a group. */
export interface OffsetsOfGroup {
  /** Default: not named, as is usual for a single group. */
  groupId?: string | null
  /** What has an error, or no offset, is left out. */
  topics: Readonly<Record<string, readonly WrittenOffset[]>>
}

interface WrittenOffset {
  readonly partition: number
  /** As `resetOffsets` and `offsetFetch` name it. */
  readonly offset?: number
  readonly committedOffset?: number
  readonly error?: unknown
}

/**
 * Offsets as `kafka-consumer-groups --reset-offsets --export` prints them, and `--from-file` reads them: lines of
 * `topic,partition,offset`, or of `group,topic,partition,offset`. For `resetOffsets({ groupId, to: { offsets: topics } })`,
 * group by group, in the order of the text. A ConfigError that names the line for what is no such text, or says two
 * things of a partition.
 */
export function parseOffsetsCsv(text: string): ParsedOffsets[] {
  if (typeof text !== 'string') throw new ConfigError(`parseOffsetsCsv() wants a text, not ${shown(text)}`)
  const groups = new Map<string | null, Map<string, Map<number, number>>>()
  let columns: number | undefined
  for (const { line, fields } of linesOf(text.replace(/^\ufeff/, ''))) {
    const wrong = (why: string): ConfigError => new ConfigError(`line ${line} of the offsets: ${why}`)
    if (fields.length !== 3 && fields.length !== 4)
      throw wrong('topic,partition,offset or group,topic,partition,offset is wanted')
    columns ??= fields.length
    if (fields.length !== columns) throw wrong(`${fields.length} columns, and the lines before have ${columns}`)
    const [topic, partition, offset] = fields.slice(-3) as [string, string, string]
    const groupId = columns === 4 ? fields[0]! : null
    if (topic === '' || groupId === '') throw wrong('a name is empty')
    const [at, to] = [partition, offset].map(part => (/^\d{1,16}$/.test(part.trim()) ? Number(part) : Number.NaN))
    if (!Number.isSafeInteger(at)) throw wrong(`${shown(partition)} is no partition`)
    if (!Number.isSafeInteger(to)) throw wrong(`${shown(offset)} is no offset`)
    const partitions = entry(entry(groups, groupId, new Map()), topic, new Map<number, number>())
    if (partitions.has(at!)) throw wrong(`partition ${at} of topic ${topic} is there already`)
    partitions.set(at!, to!)
  }
  return [...groups].map(([groupId, topics]) => ({
    groupId,
    topics: Object.fromEntries(
      [...topics].map(([topic, rows]) => [topic, [...rows].map(([partition, offset]) => ({ partition, offset }))]),
    ),
  }))
}

/** The same offsets as such a text. A ConfigError when some groups are named, and others not. */
export function formatOffsetsCsv(groups: readonly OffsetsOfGroup[] | OffsetsOfGroup): string {
  const all = Array.isArray(groups) ? (groups as readonly OffsetsOfGroup[]) : [groups as OffsetsOfGroup]
  const named = all.filter(({ groupId }) => groupId != null)
  if (named.length > 0 ? named.length < all.length : all.length > 1)
    throw new ConfigError('formatOffsetsCsv(): of several groups each has to be named')
  let text = ''
  for (const { groupId, topics } of all) {
    for (const [topic, rows] of Object.entries(topics)) {
      for (const { partition, error, committedOffset, offset = committedOffset } of rows) {
        if (error != null || offset === undefined || offset < 0) continue
        const fields = [...(groupId == null ? [] : [quoted(groupId)]), quoted(topic), partition, offset]
        text += `${fields.join(',')}\n`
      }
    }
  }
  return text
}

function quoted(name: string): string {
  return /[",\r\n]|^\s|\s$/.test(name) ? `"${name.replaceAll('"', '""')}"` : name
}

function entry<K, V>(map: Map<K, V>, key: K, fresh: V): V {
  const found = map.get(key)
  if (found !== undefined) return found
  map.set(key, fresh)
  return fresh
}

/** Lines that say something. Kafka's tool quotes what is long, too. */
function* linesOf(text: string): Generator<{ line: number; fields: string[] }> {
  // A field and what ends it, from where the last ended.
  const field = /(?:"((?:[^"]|"")*)"[ \t]*|([^",\r\n]*))(,|\r?\n|$)/y
  let fields: string[] = []
  let line = 1
  while (field.lastIndex < text.length || fields.length > 0) {
    const begun = line
    const found = field.exec(text)
    if (found === null) throw new ConfigError(`line ${line} of the offsets: a quotation mark where there can be none`)
    const [whole, inQuotes, plain = '', end] = found
    fields.push(inQuotes?.replaceAll('""', '"') ?? plain)
    line += whole.split('\n').length - 1
    if (end === ',') continue
    if (fields.length > 1 || fields[0]!.trim() !== '') yield { line: begun, fields }
    fields = []
  }
}
