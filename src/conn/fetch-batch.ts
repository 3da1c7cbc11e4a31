import type { Clock } from '../base/clock.ts'
import { type CallOptions, sleep } from '../base/signals.ts'
import type { Caller } from '../client/caller.ts'
import { type FetchResponse, fetch } from '../client/fetch.ts'
import type { ReadBatchConfig } from './config.ts'

/** Of the time left, what the answer may take on its way, in milliseconds. */
const mostTravel = 1000
/**
 * A broker is asked to wait for so long at a time, in milliseconds. It answers one request of a connection after the
 * other: what else is asked of it meanwhile, a write or an offset, waits for the poll that is out.
 */
const longestPoll = 500
/** So long where bytes are to gather: an answer that comes sooner would bring fewer. */
const longestGathering = 10_000
/** Less is not worth another request, nor the wait between two, in milliseconds. */
const shortest = 50

export const defaultMaxBytes = 1_000_000

export interface FetchPlace {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/**
 * Fetches until something comes, the partition fails, or the time left (`remaining`, which may change meanwhile) is as
 * good as up; with a `maxWait`, once.
 */
export async function fetchBatch(
  caller: Caller,
  place: FetchPlace,
  { minBytes = 1, maxBytes = defaultMaxBytes, isolationLevel = 0, maxWait }: ReadBatchConfig,
  remaining: () => number,
  { signal }: CallOptions,
): Promise<FetchResponse> {
  const { clock } = caller
  const call = signal === undefined ? {} : { signal }
  const longest = minBytes > 1 ? longestGathering : longestPoll
  for (;;) {
    const wait = maxWait ?? Math.floor(Math.min(waitOf(remaining()), longest))
    const askedAt = clock.monotonic()
    const response = await fetch(caller, { ...place, minBytes, maxBytes, isolationLevel, maxWait: wait }, call)
    if (response.error !== null || response.nextOffset > place.offset) return response
    // Bytes of which nothing can be made would come again and again: reading them throws.
    response.records.readRecord()
    if (maxWait !== undefined || waitOf(remaining()) < shortest) return response
    // Some brokers answer with nothing sooner than they were asked to.
    await pause(clock, shortest - (clock.monotonic() - askedAt), call)
  }
}

/** How long a broker may wait, so that its answer comes in time. */
function waitOf(remaining: number): number {
  return remaining < mostTravel ? remaining * 0.75 : remaining - mostTravel
}

async function pause(clock: Clock, milliseconds: number, call: CallOptions): Promise<void> {
  if (milliseconds > 0) await sleep(milliseconds, { ...call, clock })
}
