import type { RecordBatch } from './record-batch.ts'

/** A transaction's end in the log. Other types than these two exist (KRaft's own) and keep their number. */
export interface ControlRecord {
  type: 'abort' | 'commit' | number
  coordinatorEpoch: number
}

/** The markers of a control batch. */
export function readControl(_batch: RecordBatch): ControlRecord[] {
  throw new Error('being written')
}
