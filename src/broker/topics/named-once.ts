/** A topic of a request, and all that the request says of its partitions. */
export interface NamedTopic<T, P> {
  readonly topic: T
  readonly partitions: readonly P[]
}

/** The topics of a request, those named more than once as one: so Kafka answers most requests. */
export function byTopic<T, P>(
  topics: readonly T[],
  keyOf: (topic: T) => string,
  partitionsOf: (topic: T) => readonly P[],
): readonly NamedTopic<T, P>[] {
  if (topics.length === 1) return [{ topic: topics[0]!, partitions: partitionsOf(topics[0]!) }]
  const found = new Map<string, { topic: T; partitions: readonly P[]; own?: P[] }>()
  for (const topic of topics) {
    const key = keyOf(topic)
    const partitions = partitionsOf(topic)
    const entry = found.get(key)
    if (entry === undefined) found.set(key, { topic, partitions })
    else {
      entry.own ??= [...entry.partitions]
      for (const each of partitions) entry.own.push(each)
      entry.partitions = entry.own
    }
  }
  return [...found.values()]
}

/** Each once, as it was said last: where Kafka makes a map of what a request names, the last of the same name counts. */
export function lastOfEach<T, K>(items: readonly T[], keyOf: (item: T, at: number) => K): readonly T[] {
  if (items.length < 2) return items
  const found = new Map<K, T>()
  for (const [at, item] of items.entries()) found.set(keyOf(item, at), item)
  return found.size === items.length ? items : [...found.values()]
}

/** The keys that more than one has. */
export function repeatedKeys<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlySet<K> {
  const seen = new Set<K>()
  const repeated = new Set<K>()
  for (const item of items) {
    const key = keyOf(item)
    if (seen.has(key)) repeated.add(key)
    seen.add(key)
  }
  return repeated
}
