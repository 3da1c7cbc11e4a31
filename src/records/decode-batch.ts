import type { Codecs } from '../compression/codecs.ts'
import type { Message } from './message.ts'
import type { RecordBatch } from './record-batch.ts'

export interface DecodeContext {
  readonly topic: string
  readonly partition: number
  readonly highWaterMark: number
  readonly codecs: Codecs
  /** Bytes a compressed batch may become; 64 MiB by default. */
  readonly limit?: number
}

/** Appends the batch's records to `into` as Messages, those before offset `from` left out. */
export function decodeBatch(_batch: RecordBatch, _context: DecodeContext, _into: Message[], _from?: number): void {
  throw new Error('being written')
}
