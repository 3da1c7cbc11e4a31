import { type Duration, durationOf } from '../base/duration.ts'
import { ConfigError } from '../base/errors.ts'
import { shown } from '../base/settings.ts'
import { FirstOffset, LastOffset, type OffsetName, offsetOf } from '../protocol/offsets.ts'
import type { Place } from './position.ts'

/**
 * Where to read on: an offset; FirstOffset, LastOffset or their names; a moment, for the first message of that time or
 * later (the end when there is none); or a duration, for the first that is no older (KIP-1106).
 */
export type SeekTarget = number | OffsetName | Date | ByDuration

/** As an object, or in the words of Java's `auto.offset.reset`: 'by_duration:PT1H'. */
export type ByDuration = { readonly duration: Duration } | `by_duration:${string}`

const prefix = 'by_duration:'

/** Milliseconds, where something is by a duration. Throws a ConfigError for a duration that is none. */
export function byDuration(setting: string, target: unknown): number | undefined {
  if (typeof target === 'string')
    return target.startsWith(prefix) ? durationOf(setting, target.slice(prefix.length)) : undefined
  const { duration } = (target ?? {}) as { readonly duration?: unknown }
  return duration === undefined ? undefined : durationOf(setting, duration)
}

/** Throws a ConfigError for what is no place. `now`: milliseconds since 1970. */
export function placeOf(target: SeekTarget, now: number): Place {
  if (target instanceof Date) return { sought: timeOf(target) }
  const duration = byDuration('duration', target)
  if (duration !== undefined) return { sought: Math.max(0, Math.floor(now - duration)) }
  if (typeof target === 'object' || target === undefined)
    throw new ConfigError(
      `no place to read on from: ${shown(target)}; it is an offset, 'earliest', 'latest', a Date or { duration }`,
    )
  const offset = offsetOf('offset', target as number | OffsetName)
  if (!Number.isSafeInteger(offset) || offset < FirstOffset)
    throw new ConfigError(`no offset: ${target}; it is a whole number from 0 up, FirstOffset or LastOffset`)
  return offset < 0 ? { sought: offset } : { offset, leaderEpoch: -1 }
}

/** What stands for a target until it is known where that is. */
export function standIn(target: SeekTarget): number {
  return typeof target === 'number' ? target : LastOffset
}

/** Milliseconds since 1970. Throws a ConfigError for what is no time. */
export function timeOf(time: Date | number): number {
  const timestamp = typeof time === 'number' || time instanceof Date ? Number(time) : Number.NaN
  if (!Number.isSafeInteger(timestamp) || timestamp < 0)
    throw new ConfigError(
      `no time: ${time instanceof Date ? String(time) : shown(time)}; it is a Date, or whole milliseconds since 1970`,
    )
  return timestamp
}
