import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import { FirstOffset, LastOffset } from '../protocol/offsets.ts'
import type { FetchSettings } from './config.ts'
import type { Place, Position } from './position.ts'

/** What to do about an offset that its partition doesn't have. */
export interface OutOfRange {
  /** Where to go on; undefined: the offset is tried again. */
  readonly place: Place | undefined
  readonly error: KafkaError
  /** No read is to be told. */
  readonly quiet: boolean
}

/** Where a partition begins, and one past its last offset. */
export interface Bounds {
  readonly first: number
  readonly last: number
}

interface Surroundings {
  readonly settings: FetchSettings
  readonly transport: { readonly clock: Clock }
  readonly logger: Logger
}

/**
 * Without a policy, what retention has deleted is passed over, for there is nothing else to be done, and an offset
 * beyond the end is never turned back: it is waited for.
 */
export function whereNow(
  { name, offset, failing, outOfRange }: Position,
  { first, last }: Bounds,
  { settings, transport, logger }: Surroundings,
): OutOfRange {
  const policy = outOfRange ?? settings.offsetOutOfRange
  const text = `${name} has the offsets from ${first} up to ${last}, the position is ${offset}`
  const error = new KafkaError(ErrorCode.OffsetOutOfRange, text)
  // The log may have grown up to it meanwhile, but not each time.
  if (offset >= first && offset <= last)
    return { place: undefined, error, quiet: (failing?.failures ?? 0) + 1 < settings.maxAttempts }
  if (policy === 'error') return { place: undefined, error, quiet: false }
  if (policy === undefined && offset > last) return { place: undefined, error, quiet: !settings.offsetOutOfRangeError }
  if (offset < first && (policy === undefined || policy === 'earliest')) {
    logger.warn(
      `${name}: the messages from ${offset} to ${first - 1} are gone, deleted by retention; reading goes on at ${first}`,
    )
    return { place: { offset: first, leaderEpoch: -1 }, error, quiet: true }
  }
  logger.warn(`${text}; reading goes on by the policy ${JSON.stringify(policy)}`)
  if (typeof policy === 'object')
    return { place: { sought: Math.max(0, transport.clock.now() - policy.byDuration) }, error, quiet: true }
  return { place: { sought: policy === 'latest' ? LastOffset : FirstOffset }, error, quiet: true }
}
