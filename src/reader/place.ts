import { ConfigError } from '../base/errors.ts'
import { shown } from '../base/settings.ts'
import { FirstOffset, type OffsetName, offsetOf } from '../protocol/offsets.ts'
import type { Place } from './position.ts'

/**
 * Where to read on: an offset; FirstOffset, LastOffset or their names; or a moment, for the first message of that time
 * or later (the end when there is none).
 */
export type SeekTarget = number | OffsetName | Date

/** Throws a ConfigError for what is no place. */
export function placeOf(target: SeekTarget): Place {
  if (target instanceof Date) return { sought: timeOf(target) }
  if (typeof target === 'object' || target === undefined)
    throw new ConfigError(`no place to read on from: ${shown(target)}; it is an offset, 'earliest', 'latest' or a Date`)
  const offset = offsetOf('offset', target)
  if (!Number.isSafeInteger(offset) || offset < FirstOffset)
    throw new ConfigError(`no offset: ${target}; it is a whole number from 0 up, FirstOffset or LastOffset`)
  return offset < 0 ? { sought: offset } : { offset, leaderEpoch: -1 }
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
