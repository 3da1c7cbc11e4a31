import { ProtocolError } from '../base/errors.ts'
import { Codecs } from '../compression/codecs.ts'
import { int32 } from './bytes.ts'
import type { RecordBatch } from './record-batch.ts'
import { RecordCursor } from './record-cursor.ts'

/** A transaction's end in the log. Other types than these two exist (KRaft's own) and keep their number. */
export interface ControlRecord {
  type: 'abort' | 'commit' | number
  /** Epoch of the coordinator that wrote it; -1 for other types. */
  coordinatorEpoch: number
}

const none = new Uint8Array(0)

/** The markers of a control batch; normally one. */
export function readControl(batch: RecordBatch): ControlRecord[] {
  const markers: ControlRecord[] = []
  const cursor = new RecordCursor().reset(batch, new Codecs())
  while (cursor.next()) {
    // Key: version, type (int16 each). Value of an end marker: version (int16), coordinator epoch (int32). Later
    // versions may add to them.
    const key = cursor.key ?? none
    const value = cursor.value ?? none
    if (key.length < 4)
      throw new ProtocolError(`a control record's key of ${key.length} bytes at offset ${cursor.offset}`)
    const number = (key[2]! << 8) | key[3]!
    if (number > 1) markers.push({ type: number, coordinatorEpoch: -1 })
    else if (value.length < 6)
      throw new ProtocolError(`an end marker's value of ${value.length} bytes at offset ${cursor.offset}`)
    else markers.push({ type: number === 0 ? 'abort' : 'commit', coordinatorEpoch: int32(value, 2) })
  }
  return markers
}
