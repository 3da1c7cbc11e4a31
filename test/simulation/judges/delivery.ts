import { type Delivered, lostDisk } from '../history.ts'
import { type Anomaly, allLogs, byAudience, type Judge, placeOf } from './judge.ts'

/** An offset holds one value, whoever reads it. */
export const inconsistentOffsets: Judge = evidence => {
  const { history } = evidence
  if (history.loss !== undefined) return []
  const known = new Map(allLogs(evidence).map(({ value, ...place }) => [placeOf(place), value]))
  const anomalies: Anomaly[] = []
  for (const each of history.delivered) {
    const value = known.get(placeOf(each))
    if (value === undefined) known.set(placeOf(each), each.value)
    else if (value !== each.value)
      anomalies.push({
        kind: 'inconsistent offset',
        what: `${placeOf(each)} is ${value}, and ${each.value} to ${each.reader}`,
      })
  }
  return anomalies
}

/** Each audience has seen all of the log. */
export const unseen: Judge = ({ history, log, committed, audiences, committedAudiences }) => {
  const anomalies: Anomaly[] = []
  const seen = byAudience(history)
  for (const name of audiences) {
    // A marker that is lost lets a transaction count that was aborted when it was read, or the other way round.
    // Behind markers the next log is longer than what was read of it, so that nobody sees that it is another.
    if (history.loss !== undefined && history.transactions.length > 0) continue
    const places = new Set((seen.get(name) ?? []).map(placeOf))
    for (const each of committedAudiences.includes(name) ? committed : log)
      if (!places.has(placeOf(each)))
        anomalies.push({ kind: 'unseen', what: `${each.value} at ${placeOf(each)} never came to ${name}` })
  }
  return anomalies
}

/**
 * What one reader is handed of a partition goes up one by one, but for what the log has no record at; within a
 * stint.
 */
export const skips: Judge = evidence => {
  const { history } = evidence
  const all = new Set(allLogs(evidence).map(placeOf))
  const committed = new Set(evidence.committed.map(placeOf))
  const last = new Map<string, Delivered>()
  const anomalies: Anomaly[] = []
  for (const each of history.delivered) {
    const name = `${each.reader} ${each.partition} ${each.stint} ${each.life}`
    const before = last.get(name)
    last.set(name, each)
    if (before === undefined) continue
    // Where a log lost its end, its readers go back to where it ends.
    if (each.offset <= before.offset && history.loss === undefined)
      anomalies.push({ kind: 'read twice', what: `${placeOf(each)} to ${each.reader} behind ${placeOf(before)}` })
    // In the log that is lost a marker may have been where a record is now.
    if (history.transactions.length > 0 && history.loss !== undefined) continue
    const there = evidence.committedAudiences.includes(each.group) ? committed : all
    for (let offset = before.offset + 1; offset < each.offset; offset++)
      if (there.has(placeOf({ ...each, offset })))
        anomalies.push({ kind: 'skipped', what: `${each.partition}/${offset}, by ${each.reader}` })
  }
  return anomalies
}

/** Behind a seek comes what lies there, or the first there is behind it. */
export const astray: Judge = ({ history, log }) => {
  // A place of one topic means nothing in the next, nor that of a record that is lost.
  if (history.formerLogs.length > 0 || history.loss !== undefined) return []
  const there = new Set(log.map(placeOf))
  const arrived = new Set<string>()
  const anomalies: Anomaly[] = []
  for (const { reader, partition, stint, offset } of history.delivered) {
    const name = `${reader} ${partition} ${stint}`
    const target = history.moves.get(name)
    if (target === undefined || arrived.has(name)) continue
    arrived.add(name)
    const missed = Array.from({ length: Math.max(0, offset - target) }, (_, i) => target + i)
    if (offset < target || missed.some(each => there.has(placeOf({ partition, offset: each }))))
      anomalies.push({ kind: 'astray', what: `${reader} sought ${partition}/${target}, and was given ${offset}` })
  }
  return anomalies
}

/** In one generation a partition is one member's. */
export const shared: Judge = ({ history }) => {
  // A coordinator that lost its disk counts generations anew.
  if (history.loss === lostDisk) return []
  const owner = new Map<string, string>()
  const anomalies: Anomaly[] = []
  for (const { group, generation, life, partition, reader, offset } of history.delivered) {
    if (group === '') continue
    const name = `${group} ${generation} ${life} ${partition}`
    const before = owner.get(name) ?? reader
    owner.set(name, before)
    if (before !== reader)
      anomalies.push({
        kind: 'shared partition',
        what: `${partition}/${offset} to ${reader}; in ${generation} it is ${before}’s`,
      })
  }
  return anomalies
}
