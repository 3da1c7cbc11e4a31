import { type Anomaly, allLogs, type Evidence, type Judge, placeOf } from './judge.ts'

/** What was acknowledged by all replicas is in the log, where the writer was told that it is. */
export const lostWrites: Judge = evidence => {
  const { history } = evidence
  if (history.loss !== undefined) return []
  const all = allLogs(evidence)
  // Nobody is told in which of the topics of this name it is.
  const held = new Set(all.map(({ value, partition, offset }) => `${placeOf({ partition, offset })} ${value}`))
  const values = new Set(all.map(({ value }) => value))
  const anomalies: Anomaly[] = []
  for (const sent of history.sent.values()) {
    if (sent.outcome !== 'acked' || sent.acks !== 'all') continue
    if (!values.has(sent.value))
      anomalies.push({ kind: 'lost write', what: `${sent.value}, acked at ${placeOf(sent)}` })
    else if (sent.offset >= 0 && !held.has(`${placeOf(sent)} ${sent.value}`))
      anomalies.push({ kind: 'wrong offset', what: `${sent.value}, acked at ${placeOf(sent)}, where it is not` })
  }
  return anomalies
}

/** A broker drops what an idempotent writer's retry sends twice to one topic. */
export const duplicates: Judge = evidence => {
  const places = new Map<string, { value: string; found: string[] }>()
  for (const each of allLogs(evidence)) {
    const name = `${each.life} ${each.value}`
    const { found } = places.get(name) ?? { found: [] }
    places.set(name, { value: each.value, found: [...found, placeOf(each)] })
  }
  return [...places.values()]
    .filter(({ value, found }) => found.length > 1 && evidence.history.sent.get(value)?.idempotent)
    .map(({ value, found }) => ({ kind: 'duplicate', what: `${value} at ${found.join(' and ')}` }))
}

/** What a writer was told is not written is in no log, and nothing is that nobody wrote. */
export const phantoms: Judge = evidence =>
  allLogs(evidence)
    .filter(({ value }) => {
      const sent = evidence.history.sent.get(value)
      return sent === undefined || sent.outcome === 'failed'
    })
    .map(each => ({ kind: 'phantom', what: `${each.value} at ${placeOf(each)} was never written, it was said` }))

/** Messages of one writer are in each partition in the order they were given in; of plain retries, by their last place. */
export const order: Judge = evidence => {
  const { history } = evidence
  const anomalies: Anomaly[] = []
  const last = new Map<string, { number: number; value: string }>()
  const seen = new Set<string>()
  for (const each of allLogs(evidence)) {
    const sent = history.sent.get(each.value)
    // A repeat of a plain writer is where it is; the first of it counts.
    if (sent === undefined || seen.has(`${each.life} ${each.value}`)) continue
    seen.add(`${each.life} ${each.value}`)
    const name = `${sent.writer} ${each.life} ${each.partition}`
    const before = last.get(name)
    if (before !== undefined && before.number > sent.number)
      anomalies.push({ kind: 'out of order', what: `${each.value} behind ${before.value} in ${each.partition}` })
    last.set(name, { number: sent.number, value: each.value })
  }
  return anomalies
}

/** Nothing is left open. */
export const unsettled: Judge = ({ history }: Evidence) =>
  [...history.sent.values()]
    .filter(({ outcome }) => outcome === 'open')
    .map(({ value }) => ({ kind: 'unsettled write', what: value }))
