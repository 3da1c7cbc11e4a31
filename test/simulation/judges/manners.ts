import type { Judge } from './judge.ts'

/**
 * How often a host may do something in a minute, whatever goes wrong. A broker alone in saying that nobody leads is asked
 * for each second or sooner, by a reader and behind the back of what waits. Members are set to wait 500 ms between two
 * joins: a coordinator that is loading its groups is asked that often.
 */
const most: Readonly<Record<string, number>> = { dial: 150, metadata: 150, join: 60, retry: 240, request: 4_000 }

/** No storms: what goes wrong is tried again at a pace. */
export const storms: Judge = ({ efforts }) =>
  efforts.flatMap(({ name, efforts: of }) =>
    [...of]
      .filter(([what, count]) => count > most[what.split(' ')[0]!]!)
      .map(([what, count]) => ({ kind: 'storm', what: `${name}: ${count} × ${what}` })),
  )

/** What was held up when everything was mended is done with by then: a request that nobody answers takes 8 s. */
const recovery = 15_000

/**
 * No write fails where all faults are gentle, for leaders that move and connections that break are a writer's to deal
 * with; and none that begins some time after everything was mended.
 */
export const needless: Judge = ({ history, gentle, calmAt }) =>
  [...history.sent.values()]
    .filter(({ outcome, transactional }) => (outcome === 'failed' || outcome === 'unknown') && !transactional)
    .filter(({ at, writer }) => !history.dead.has(writer) && (gentle || at > calmAt + recovery))
    .map(({ value, at }) => ({ kind: 'needless failure', what: `${value}, written at ${at.toFixed(0)}` }))

/** A member whose heartbeats nothing holds up stays: where all faults are gentle, nobody is thrown out. */
export const evictions: Judge = ({ history, gentle }) =>
  gentle
    ? history.evictions.map(({ by, at }) => ({ kind: 'evicted', what: `${by} at ${at.toFixed(0)}, without a reason` }))
    : []
