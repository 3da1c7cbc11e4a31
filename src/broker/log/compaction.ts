import type { Codecs } from '../../compression/codecs.ts'
import { RecordBatch } from '../../records/record-batch.ts'
import { RecordCursor } from '../../records/record-cursor.ts'
import type { Turns } from '../turns.ts'
import type { Partition } from './partition.ts'
import type { Segment } from './segment.ts'

// As many keys are compared with each other at a time; records of more wait for the next time.
const mostKeys = 200_000
// Records that are looked at in as long as a unit of a turn, and what a batch takes besides.
const recordsPerUnit = 20
const unitsPerBatch = 2

/**
 * Lets go of the batches of a compacted topic of whose records all have a later one of the same key, or say that their
 * key is gone (and were seen by a compaction `delete.retention.ms` ago). The segment being written stays as it is, and so do transactions.
 * Coarser than Kafka, which takes records out of batches; what is kept is never less.
 */
export async function compact(partition: Partition, now: number, codecs: Codecs, turns: Turns): Promise<void> {
  const { settings } = partition.topic
  const closed = partition.log
    .closedBefore(partition.lastStableOffset)
    .filter(({ maxTimestamp }) => maxTimestamp <= now - settings.minCompactionLagMs)
  const dirty = closed.filter(({ baseOffset }) => baseOffset >= partition.cleanedTo)
  const [all, fresh] = [closed, dirty].map(each => each.reduce((sum, { size }) => sum + size, 0)) as [number, number]
  if (fresh === 0 || fresh < all * settings.minDirtyRatio) return
  const newest = new Map<string, number>()
  const covered: Segment[] = []
  for (const segment of closed) {
    if (newest.size >= mostKeys) break
    for (let index = 0; index < segment.count; index++) {
      if (turns.isOver) await turns.pause()
      eachRecord(segment, index, codecs, turns, ({ key, offset }) => newest.set(key, offset))
    }
    covered.push(segment)
  }
  const horizons = new Map<number, number>()
  let seen = -1
  for (const segment of covered) {
    const kept: number[] = []
    const count = segment.count
    for (let index = 0; index < count; index++) {
      if (turns.isOver) await turns.pause()
      const baseOffset = segment.offsetOf(index)
      seen = baseOffset
      // Tombstones stay for a while from when they are first seen, however old they are (KIP-534).
      const horizon = partition.deleteHorizons.get(baseOffset) ?? now + settings.deleteRetentionMs
      const isOver = now >= horizon && partition.deleteHorizons.has(baseOffset)
      let keeps = false
      const read = eachRecord(segment, index, codecs, turns, ({ key, offset, isTombstone }) => {
        if (newest.get(key) !== offset) return
        if (isTombstone) horizons.set(baseOffset, horizon)
        keeps ||= !(isTombstone && isOver)
      })
      if (keeps || !read) kept.push(index)
      else horizons.delete(baseOffset)
    }
    if (kept.length < count && segment.count === count) partition.log.rewrite(segment, kept)
  }
  partition.cleanedTo = Math.max(partition.cleanedTo, (covered.at(-1)?.baseOffset ?? -1) + 1)
  for (const [baseOffset, horizon] of partition.deleteHorizons) if (baseOffset > seen) horizons.set(baseOffset, horizon)
  partition.deleteHorizons = horizons
}

/** Calls `task` for each record of a batch; false for a batch that is none of compaction's business. */
function eachRecord(
  segment: Segment,
  index: number,
  codecs: Codecs,
  turns: Turns,
  task: (record: { key: string; offset: number; isTombstone: boolean }) => void,
): boolean {
  // Its log was cut meanwhile.
  if (index >= segment.count) return false
  const bytes = segment.batch(index)
  const batch = new RecordBatch(bytes, 0, bytes.length)
  if (batch.isControl || batch.isTransactional) return false
  turns.spend(unitsPerBatch + batch.count / recordsPerUnit + (batch.codec === 0 ? 0 : bytes.length / 400))
  const cursor = new RecordCursor().reset(batch, codecs)
  while (cursor.next()) task({ key: textOf(cursor.key), offset: cursor.offset, isTombstone: cursor.valueLength < 0 })
  return true
}

/** Bytes as a text of as many characters, to be the key of a map. */
function textOf(bytes: Uint8Array | null): string {
  let text = ''
  for (const byte of bytes ?? []) text += String.fromCharCode(byte)
  return text
}
