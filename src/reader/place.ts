import { ConfigError } from '../base/errors.ts'
import { FirstOffset, type OffsetName, offsetOf } from '../protocol/offsets.ts'
import type { Place } from './position.ts'

/**
 * Where to read on: an offset; FirstOffset, LastOffset or their names; or a moment, for the first message of that time or later (the end when
 * there is none).
 */
export type SeekTarget = number | OffsetName | Date

/** Throws a ConfigError for what is no place. */
export function placeOf(target: SeekTarget): Place {
  if (target instanceof Date) return { sought: timeOf(target) }
  const offset = offsetOf('offset', target)
  if (!Number.isSafeInteger(offset) || offset < FirstOffset) throw new ConfigError(`no offset: ${target}`)
  return offset < 0 ? { sought: offset } : { offset, leaderEpoch: -1 }
}

/** Milliseconds since 1970. Throws a ConfigError for what is no time. */
export function timeOf(time: Date | number): number {
  const timestamp = time === null ? Number.NaN : Number(time)
  if (!Number.isSafeInteger(timestamp) || timestamp < 0) throw new ConfigError(`no time: ${time}`)
  return timestamp
}
