import { type Assignor, emptyShares, give, type Reader, readersByTopic } from './readers.ts'

/**
 * Each topic by itself: its readers have a run of its partitions each, the first ones of them one more where they don't
 * come out even. In the order of instance ids, then of member ids: of topics with as many partitions a reader
 * has the same ones.
 */
export const range: Assignor = (readers, partitions) => {
  const shares = emptyShares(readers)
  for (const [topicId, all] of readersByTopic([...readers].sort(compare))) {
    const count = partitions.get(topicId) ?? 0
    const [each, more] = [Math.floor(count / all.length), count % all.length]
    let at = 0
    all.forEach(({ id }, place) => {
      for (const end = at + each + (place < more ? 1 : 0); at < end; at++) give(shares.get(id)!, topicId, at)
    })
  }
  return shares
}

function compare(a: Reader, b: Reader): number {
  if (a.instanceId !== null && b.instanceId !== null) return a.instanceId < b.instanceId ? -1 : 1
  if (a.instanceId !== null || b.instanceId !== null) return a.instanceId !== null ? -1 : 1
  return a.id < b.id ? -1 : 1
}
