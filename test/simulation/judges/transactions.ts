import { type Anomaly, type Judge, placeOf } from './judge.ts'

/** All of a transaction is there when it is committed, and nothing when it is not; nobody knows: all or nothing. */
export const torn: Judge = ({ history, committed, copies }) => {
  if (history.loss !== undefined || history.formerLogs.length > 0) return []
  const there = new Set([...committed, ...copies].map(({ value }) => value))
  const anomalies: Anomaly[] = []
  for (const { by, values, outcome, copies } of history.transactions) {
    const found = values.filter(value => there.has(value)).length
    const what = `${by}: ${outcome}, and ${found} of ${values.length} there: ${values.join(', ')}`
    if (outcome === 'committed' && found < values.length) anomalies.push({ kind: 'torn', what })
    // A copy that was aborted is made again.
    else if (copies) continue
    else if (outcome === 'aborted' && found > 0) anomalies.push({ kind: 'aborted and there', what })
    else if (found > 0 && found < values.length) anomalies.push({ kind: 'torn', what })
  }
  return anomalies
}

/** What is committed was copied once, and in order. */
export const exactlyOnce: Judge = ({ history, committed, copies, committedAudiences }) => {
  if (committedAudiences.length === 0 || history.loss !== undefined || history.formerLogs.length > 0) return []
  const anomalies: Anomaly[] = []
  const count = new Map<string, number>()
  for (const { value } of copies) count.set(value, (count.get(value) ?? 0) + 1)
  for (const each of committed) {
    const name = `${each.partition}/${each.offset} ${each.value}`
    const found = count.get(name) ?? 0
    count.delete(name)
    if (found !== 1)
      anomalies.push({ kind: 'not exactly once', what: `${each.value} at ${placeOf(each)}: ${found} copies` })
  }
  for (const name of count.keys())
    anomalies.push({ kind: 'not exactly once', what: `${name} was copied, and is not committed` })
  const last = new Map<string, number>()
  for (const { value } of copies) {
    const [partition = '', offset = ''] = value.split(' ')[0]!.split('/')
    if (Number(offset) < (last.get(partition) ?? -1)) anomalies.push({ kind: 'copied out of order', what: value })
    last.set(partition, Number(offset))
  }
  return anomalies
}
