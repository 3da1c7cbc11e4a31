import { kindOf } from '../../../src/base/errors.ts'
import { headerBytes } from '../../../src/records/batch-layout.ts'
import type { RecordBatch } from '../../../src/records/record-batch.ts'
import { toBuffer } from '../bytes.ts'
import { codecOf, isBytes, isReplaced } from '../codecs.ts'

/**
 * Whether a codec of the user's own is to decompress it. Message sets of before Kafka 0.11, which are sets in sets, are
 * ours to read.
 */
export function needsCodec({ codec, magic }: RecordBatch): boolean {
  return codec !== 0 && magic >= 2 && isReplaced(codec)
}

/** The records of such a batch. Rejects with what the codec throws, and with a TypeError where it answers no bytes. */
export async function decompress(batch: RecordBatch): Promise<Uint8Array> {
  const packed = toBuffer(batch.bytes.subarray(batch.start + headerBytes, batch.end))
  const records: unknown = await codecOf(batch.codec as 1 | 2 | 3 | 4).decompress(packed)
  if (isBytes(records)) return records
  throw new TypeError(`a codec's decompress answers a Buffer, not ${kindOf(records)}`)
}
