import { zeroUuid } from '../bytes/reader.ts'
import type { Spoken } from '../socket/versions.ts'
import type { BrokerInfo, TopicLayout } from './layout.ts'

// What a memory has may have been written by anybody: each of these takes what can be used, and answers undefined else.

/** An object's own fields. */
export type Fields = Readonly<Record<string, unknown>>

const mostBrokers = 10_000
const mostPartitions = 1_000_000
const longestText = 1_000

export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
}

/** A field of its own: a topic may be called `constructor`. */
export function own(fields: Fields | undefined, name: string): unknown {
  return fields !== undefined && Object.hasOwn(fields, name) ? fields[name] : undefined
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= longestText ? value : undefined
}

export function integerOf(value: unknown, least: number, most = 0x7fffffff): number | undefined {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most
    ? (value as number)
    : undefined
}

export function brokersOf(value: unknown): BrokerInfo[] {
  if (!Array.isArray(value) || value.length > mostBrokers) return []
  const brokers = new Map<number, BrokerInfo>()
  for (const each of value) {
    const fields = fieldsOf(each)
    const id = integerOf(own(fields, 'id'), 0)
    const host = textOf(own(fields, 'host'))
    const port = integerOf(own(fields, 'port'), 1, 0xffff)
    if (id === undefined || host === undefined || port === undefined) continue
    brokers.set(id, { id, host, port, rack: textOf(own(fields, 'rack')) ?? null })
  }
  return [...brokers.values()]
}

/** One whose leaders are not all among the brokers is of no use. */
export function topicOf(name: string, value: unknown, brokers: ReadonlySet<number>): TopicLayout | undefined {
  const fields = fieldsOf(value)
  const recalledId = textOf(own(fields, 'id')) ?? zeroUuid
  const leaders = own(fields, 'leaders')
  if (!Array.isArray(leaders) || leaders.length === 0 || leaders.length > mostPartitions) return undefined
  if (!leaders.every(leader => leader === -1 || brokers.has(leader))) return undefined
  const partitions = leaders.map((leader: number, index) => ({
    index,
    leader,
    leaderEpoch: -1,
    replicas: [],
    isr: [],
    offline: [],
    error: null,
  }))
  return { name, id: zeroUuid, recalledId, internal: false, partitions, error: null }
}

/** APIs as a list of key, first and last version; features by name. */
export function spokenOf(value: unknown): Spoken | undefined {
  const fields = fieldsOf(value)
  const apis = own(fields, 'apis')
  const features = fieldsOf(own(fields, 'features')) ?? {}
  if (!Array.isArray(apis) || apis.length === 0 || apis.length > longestText) return undefined
  if (!apis.every(each => integerOf(each, 0, 0x7fff) !== undefined)) return undefined
  const apiKeys = Array.from({ length: Math.floor(apis.length / 3) }, (_, i) => ({
    apiKey: apis[3 * i] as number,
    minVersion: apis[3 * i + 1] as number,
    maxVersion: apis[3 * i + 2] as number,
  }))
  const finalizedFeatures = Object.entries(features).flatMap(([name, level]) => {
    const maxVersionLevel = integerOf(level, 0, 0x7fff)
    return maxVersionLevel === undefined ? [] : [{ name, maxVersionLevel, minVersionLevel: 0 }]
  })
  return { apiKeys, finalizedFeatures, finalizedFeaturesEpoch: finalizedFeatures.length > 0 ? 0 : -1 }
}

export function told({ apiKeys, finalizedFeatures, finalizedFeaturesEpoch }: Spoken): Fields {
  const features = finalizedFeaturesEpoch < 0 ? [] : finalizedFeatures
  return {
    apis: apiKeys.flatMap(({ apiKey, minVersion, maxVersion }) => [apiKey, minVersion, maxVersion]),
    features: Object.fromEntries(features.map(({ name, maxVersionLevel }) => [name, maxVersionLevel])),
  }
}
