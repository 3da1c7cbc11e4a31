import { crc32c } from '#crc32c'
import type { Marker } from './markers.ts'

// Where the fields of a record batch lie (magic 2). The CRC covers everything from the attributes on.
const at = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
} as const
/** Bytes of a batch before its records. */
export const batchHeaderSize = 61

// In a marker's one record.
const coordinatorEpochAt = 12

const logAppendTimeBit = 0x08
const transactionalAndControl = 0x30

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function setInt64(view: DataView, position: number, value: number): void {
  const high = Math.floor(value / 0x100000000)
  view.setInt32(position, high)
  view.setUint32(position + 4, value - high * 0x100000000)
}

/** Gives a stored batch its place: neither field is under the CRC. */
export function stampPlace(batch: Uint8Array, baseOffset: number, leaderEpoch: number): void {
  const view = viewOf(batch)
  setInt64(view, at.baseOffset, baseOffset)
  view.setInt32(at.leaderEpoch, leaderEpoch)
}

/** Makes `timestamp` the largest of the batch, or, as append time, that of all its records. */
export function stampTime(batch: Uint8Array, timestamp: number, appendTime: boolean): void {
  const view = viewOf(batch)
  const attributes = view.getInt16(at.attributes)
  view.setInt16(at.attributes, appendTime ? attributes | logAppendTimeBit : attributes & ~logAppendTimeBit)
  setInt64(view, at.maxTimestamp, timestamp)
  view.setUint32(at.crc, crc32c(batch, at.attributes, batch.length))
}

/** The epoch of the coordinator that had a marker written. */
export function coordinatorEpochOf(marker: Uint8Array): number {
  return viewOf(marker).getInt32(batchHeaderSize + coordinatorEpochAt)
}

/**
 * The batch that ends a producer's transaction: one control record, its key the version 0 and the type, its value the
 * version 0 and the coordinator's epoch.
 */
export function markerBatch(marker: Marker): Uint8Array {
  // Length, attributes, timestamp delta, offset delta, key length and key, value length and value, no headers; lengths
  // are zigzag varints.
  const record = [16 << 1, 0, 0, 0, 4 << 1, 0, 0, 0, marker.commit ? 1 : 0, 6 << 1, 0, 0, 0, 0, 0, 0, 0]
  const bytes = new Uint8Array(batchHeaderSize + record.length)
  bytes.set(record, batchHeaderSize)
  const view = viewOf(bytes)
  view.setInt32(batchHeaderSize + coordinatorEpochAt, marker.coordinatorEpoch)
  view.setInt32(at.length, bytes.length - at.leaderEpoch)
  view.setInt8(at.magic, 2)
  view.setInt16(at.attributes, transactionalAndControl)
  setInt64(view, at.baseTimestamp, marker.timestamp)
  setInt64(view, at.maxTimestamp, marker.timestamp)
  view.setBigInt64(at.producerId, marker.producerId)
  view.setInt16(at.producerEpoch, marker.producerEpoch)
  view.setInt32(at.baseSequence, -1)
  view.setInt32(at.count, 1)
  view.setUint32(at.crc, crc32c(bytes, at.attributes, bytes.length))
  return bytes
}
