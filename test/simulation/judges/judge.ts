import type { Delivered, History, Logged, Sent } from '../history.ts'

/** Something that must not be. */
export interface Anomaly {
  readonly kind: string
  readonly what: string
}

/** All there is to judge by, when everything is over. */
export interface Evidence {
  readonly history: History
  /** What the logs hold in the end. */
  readonly log: readonly Logged[]
  /** Of that what is committed: all but what was written in transactions that were aborted. */
  readonly committed: readonly Logged[]
  /** The copies that are committed. */
  readonly copies: readonly Logged[]
  /** Groups and readers that were to read everything, by name; those that were to read what is committed. */
  readonly audiences: readonly string[]
  readonly committedAudiences: readonly string[]
  /** By host, and then by what it did and the minute: how often. */
  readonly efforts: readonly { readonly name: string; readonly efforts: ReadonlyMap<string, number> }[]
  /** No fault kept a host, its way to the brokers or these themselves from working. */
  readonly gentle: boolean
  /** When everything was mended, in milliseconds. */
  readonly calmAt: number
}

export type Judge = (evidence: Evidence) => Anomaly[]

export function placeOf({ life = 0, partition, offset }: { life?: number; partition: number; offset: number }): string {
  return life === 0 ? `${partition}/${offset}` : `${partition}/${offset} of life ${life + 1}`
}

/** What the logs hold in the end, and what those of deleted topics of the name held. */
export function allLogs({ history, log }: Evidence): readonly Logged[] {
  return [...history.formerLogs.flat(), ...log]
}

/** Deliveries by who was to read everything: a group, or a reader without one. */
export function byAudience(history: History): Map<string, Delivered[]> {
  const all = new Map<string, Delivered[]>()
  for (const each of history.delivered) {
    const name = each.group === '' ? each.reader : each.group
    const list = all.get(name)
    if (list === undefined) all.set(name, [each])
    else list.push(each)
  }
  return all
}

/** Values whose writer was told that they are written, or that they are not. */
export function sentBy(history: History, outcome: Sent['outcome']): Sent[] {
  return [...history.sent.values()].filter(sent => sent.outcome === outcome)
}
