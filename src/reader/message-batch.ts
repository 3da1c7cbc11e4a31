import type { Message } from '../records/message.ts'
import type { RecordCursor } from '../records/record-cursor.ts'

/** Messages of one partition that came as one record batch. Valid until the next batch is asked for. */
export interface MessageBatch {
  readonly topic: string
  readonly partition: number
  /** The offset after the last readable one, when this was fetched. */
  readonly highWaterMark: number
  /** The offset of the first record to read, or beyond, when the batch was compacted. */
  readonly firstOffset: number
  /** The last offset the batch covers: reading goes on behind it. */
  readonly lastOffset: number
  /** Records in the batch; those before `firstOffset` included, which are left out of messages() and cursor(). */
  readonly count: number
  /** The records as objects, views into the batch. They stay valid as long as they are kept. */
  messages(): Message[]
  /** Walks the records without making objects. Its views die with the batch. */
  cursor(): RecordCursor
}
