import { ProtocolError } from '../base/errors.ts'
import type { RecordBatch } from './record-batch.ts'

/**
 * The error for a fetch's answer with records of which none leads on: whoever asked again would get the same, again
 * and again. `name` is the partition's.
 */
export function unreadable(
  name: string,
  offset: number,
  { length }: Uint8Array,
  scanned: readonly RecordBatch[],
): ProtocolError {
  return new ProtocolError(
    scanned.length === 0
      ? `${name} at offset ${offset}: the ${length} bytes answered are no whole batch (before Kafka 0.10.1, one larger than maxBytes can't be read)`
      : `${name} at offset ${offset}: the batches answered end at ${scanned.at(-1)!.lastOffset}`,
  )
}
