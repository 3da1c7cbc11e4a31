import { UsageError } from './command.ts'

/** A place in each partition. */
export type Point =
  | { readonly at: 'start' | 'end' }
  | { readonly offset: number }
  /** So many before the end. */
  | { readonly last: number }
  /** Milliseconds since 1970. */
  | { readonly time: number }

export interface OffsetRange {
  readonly from: Point
  /** Not read any more; undefined: goes on. */
  readonly to: Point | undefined
}

export const rangeHelp = `  -o, --offset range        where to begin, and after a colon where to end: start, end (the default), an offset N, -N (the last N of each
                            partition), @time (the first not older: milliseconds, 2026-11-30, 2026-11-30T12:00:00Z, or -1h30m before
                            now); as start:end, 100:200, @-1h:end, :end`

/** Reads a range; `now` in milliseconds. A UsageError for what is none. */
export function offsetRange(text: string, now: number): OffsetRange {
  if (text.startsWith('@')) {
    const time = timeRange(text.slice(1), now)
    if (time !== undefined) return time
  }
  const [from = '', to, ...more] = text.split(':')
  if (more.length > 0) throw new UsageError(`--offset: "${text}" has more than a beginning and an end`)
  const range: OffsetRange = {
    from: from === '' ? { at: 'start' } : point(from, now),
    to: to === undefined ? undefined : point(to === '' ? 'end' : to, now),
  }
  if (range.to !== undefined && 'offset' in range.from && 'offset' in range.to && range.to.offset < range.from.offset)
    throw new UsageError(`--offset: ${to} is before ${from}`)
  return range
}

/** Times have colons of their own. */
function timeRange(text: string, now: number): OffsetRange | undefined {
  for (let at = text.length; at > 0; at = text.lastIndexOf(':', at - 1)) {
    const time = timeOf(text.slice(0, at), now)
    if (time === undefined) continue
    const rest = at === text.length ? undefined : text.slice(at + 1)
    return { from: { time }, to: rest === undefined ? undefined : point(rest, now) }
  }
  return undefined
}

function point(text: string, now: number): Point {
  if (text === 'start' || text === 'beginning' || text === 'earliest') return { at: 'start' }
  if (text === 'end' || text === 'latest') return { at: 'end' }
  const time = text.startsWith('@') || /^\d{4}-|T/.test(text) ? timeOf(text.replace(/^@/, ''), now) : undefined
  if (time !== undefined) return { time }
  if (/^-\d+$/.test(text)) return { last: Number(text.slice(1)) }
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return { offset: Number(text) }
  throw new UsageError(`--offset: "${text}" is neither start, end, an offset, -N nor @time`)
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function timeOf(text: string, now: number): number | undefined {
  if (/^\d+$/.test(text)) return Number(text)
  if (/^-(\d+(ms|s|m|h|d))+$/.test(text)) {
    let before = 0
    for (const [, count, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) before += Number(count) * units[unit!]!
    return now - before
  }
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/.test(text)) return undefined
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : time
}
