// Writes or reads one partition with kafkajs, compressed by other people's codecs: node kafkajs-codecs.ts
// <node_modules> <broker>, and on stdin {topic, codec, rows} or {topic, count}.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Row } from '../interop/peers.ts'

const [modules = '', broker = ''] = process.argv.slice(2)
const require = createRequire(join(modules, 'x'))
const { Kafka, Partitioners, CompressionCodecs, CompressionTypes, logLevel } = require('kafkajs')
const [snappyjs, lz4js, fzstd] = ['snappyjs', 'lz4js', 'fzstd'].map(name => require(name))
const { topic, codec, rows, count }: { topic: string; codec?: string; rows?: Row[]; count: number } = JSON.parse(
  await text(process.stdin),
)

/** Java's blocks (xerial): a header of 16 bytes, then each with its length. */
function unsnappy(bytes: Buffer): Buffer {
  if (bytes.toString('latin1', 1, 7) !== 'SNAPPY') return snappyjs.uncompress(bytes)
  const blocks: Buffer[] = []
  for (let at = 16; at < bytes.length; ) {
    const end = at + 4 + bytes.readInt32BE(at)
    blocks.push(snappyjs.uncompress(bytes.subarray(at + 4, end)))
    at = end
  }
  return Buffer.concat(blocks)
}

interface Encoder {
  readonly buffer: Buffer
}
const none = async (): Promise<never> => {
  throw new Error('this codec only decompresses')
}
CompressionCodecs[CompressionTypes.Snappy] = () => ({
  compress: async ({ buffer }: Encoder) => snappyjs.compress(buffer),
  decompress: async (bytes: Buffer) => unsnappy(bytes),
})
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async ({ buffer }: Encoder) => Buffer.from(lz4js.compress(buffer)),
  decompress: async (bytes: Buffer) => Buffer.from(lz4js.decompress(bytes)),
})
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: none,
  decompress: async (bytes: Buffer) => Buffer.from(fzstd.decompress(bytes)),
})

const kafka = new Kafka({ brokers: [broker], clientId: 'kafkajs', logLevel: logLevel.ERROR, retry: { retries: 3 } })

async function write(rows: readonly Row[]): Promise<void> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const types: Record<string, number> = {
    gzip: CompressionTypes.GZIP,
    snappy: CompressionTypes.Snappy,
    lz4: CompressionTypes.LZ4,
  }
  await producer.send({
    topic,
    compression: types[codec ?? ''] ?? CompressionTypes.None,
    messages: rows.map(({ key, value, headers, timestamp }) => {
      const pairs = headers.map(header => [header.slice(0, header.indexOf(':')), header.slice(header.indexOf(':') + 1)])
      return {
        partition: 0,
        key,
        value,
        timestamp: String(timestamp),
        ...(pairs.length > 0 && { headers: Object.fromEntries(pairs) }),
      }
    }),
  })
  await producer.disconnect()
}

interface Read {
  key: Buffer | null
  value: Buffer | null
  timestamp?: string
  headers?: Record<string, Buffer | Buffer[] | null>
}

async function read(count: number): Promise<Row[]> {
  const consumer = kafka.consumer({ groupId: `${topic}-kafkajs`, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const found: Row[] = []
  await new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }: { payload: { error: Error } }) => reject(payload.error))
    consumer.run({
      eachMessage: async ({ message: { key, value, timestamp = '-1', headers = {} } }: { message: Read }) => {
        found.push({
          key: key?.toString() ?? null,
          value: value?.toString() ?? null,
          headers: Object.entries(headers).flatMap(([name, values]) =>
            [values].flat().map(each => `${name}:${each === null ? 'NULL' : each.toString()}`),
          ),
          timestamp: Number(timestamp),
        })
        if (found.length === count) resolve()
      },
    })
    // Where it began by itself was once, with a group just made, out of range; then it waits at the end.
    consumer.seek({ topic, partition: 0, offset: '0' })
  })
  await consumer.disconnect()
  return found
}

if (rows !== undefined) await write(rows)
console.log(JSON.stringify({ rows: rows === undefined ? await read(count) : [] }))
