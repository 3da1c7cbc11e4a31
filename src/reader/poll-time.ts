import type { FetchSettings } from './config.ts'

/** Right after a change another is likely, and it has to wait for the poll that is out. */
const shortest = 20
/** What Java's consumers wait by default. */
const longest = 500
/** Where lanes share a connection, commits of every member wait behind each fetch. */
const shared = 20

/**
 * How long a broker may wait for messages, in milliseconds. A poll under way is never cut short, for that would cost
 * its connection; so it is the shorter the later something changed. Where `minBytes` asks the broker to gather, it gets
 * all of `maxWait` once nothing changes any more.
 */
export function pollTime(
  { maxWait, minBytes }: FetchSettings,
  sinceChange: number,
  { settled, shared: isShared }: { settled: boolean; shared: boolean },
): number {
  if (isShared) return Math.min(maxWait, shared)
  const soon = Math.max(shortest, sinceChange / 2)
  return Math.min(maxWait, minBytes > 1 && settled && soon >= longest ? maxWait : Math.min(soon, longest))
}
