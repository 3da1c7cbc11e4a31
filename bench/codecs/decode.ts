import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Reader, readRecordsBatch } from '@platformatic/kafka'
import { Codecs } from '../../src/compression/codecs.ts'
import { BatchDecoder, decodeBatch } from '../../src/records/decode-batch.ts'
import { RecordBatch } from '../../src/records/record-batch.ts'
import { RecordCursor } from '../../src/records/record-cursor.ts'
import { median, medianOf, type Row } from './measure.ts'
import { filledBuilder, type Shape, shapes, stamp } from './shapes.ts'

/**
 * What decodes a batch of Kafka's bytes, and answers how many records it held. All of ours check the CRC; the peer does
 * not.
 */
const ways: Readonly<Record<string, (bytes: Uint8Array) => () => number>> = {
  'CRC and decode': bytes => () => decodeBatch(verified(bytes), context).length,
  // As a Reader does message by message.
  'CRC and decode by the 1,000': bytes => () => {
    const decoder = new BatchDecoder(verified(bytes), context)
    let count = 0
    for (let taken = decoder.take(1000); taken.length > 0; taken = decoder.take(1000)) count += taken.length
    return count
  },
  'CRC and cursor': bytes => {
    const cursor = new RecordCursor()
    return () => {
      cursor.reset(verified(bytes), codecs)
      let count = 0
      while (cursor.next()) if (cursor.valueLength > 0) count++
      return count
    }
  },
  platformatic: bytes => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    return () => (readRecordsBatch(Reader.from(buffer)) as { records: unknown[] }).records.length
  },
}
const peer = 'platformatic'
const codecs = new Codecs()
const context = { topic: 't', partition: 0, highWaterMark: 0, codecs }
const rounds = 5

function verified(bytes: Uint8Array): RecordBatch {
  const batch = new RecordBatch(bytes, 0, bytes.length)
  batch.verify()
  return batch
}

/** Nanoseconds of CPU a record. */
function timeOf(shape: Shape, way: string): number {
  const builder = filledBuilder(shape)
  const body = ways[way]!(new Uint8Array(builder.finish(stamp)))
  if (body() !== builder.count) throw new Error(`${way}: not all records were read`)
  return medianOf(builder.count, body)
}

/**
 * Each way in processes of its own, in turn: what decodes to objects leaves garbage, and within one process the other
 * would be charged with collecting it.
 */
export function decoding(): Row[] {
  return shapes.flatMap((shape, number) => {
    const turns = Array.from({ length: rounds }, () =>
      Object.fromEntries(Object.keys(ways).map(way => [way, apart(number, way)])),
    )
    return Object.keys(ways)
      .filter(way => way !== peer)
      .map(way => ({
        what: `${way}: ${shape.name}`,
        ours: median(turns.map(turn => turn[way]!)),
        peer,
        theirs: median(turns.map(turn => turn[peer]!)),
        ratio: median(turns.map(turn => turn[peer]! / turn[way]!)),
        goal: '>= 2.5',
      }))
  })
}

function apart(shape: number, way: string): number {
  const own = fileURLToPath(import.meta.url)
  return Number(execFileSync(process.execPath, [...process.execArgv, own, String(shape), way], { encoding: 'utf8' }))
}

if (import.meta.main) console.log(timeOf(shapes[Number(process.argv[2])]!, process.argv[3]!))
