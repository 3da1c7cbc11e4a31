import { adapter, natives } from '../../adapters/node/index.ts'
import { Client, Compression, FirstOffset, type Message, Reader, Transport, Writer } from '../../src/index.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import type { Header } from '../../src/records/message.ts'
import { scanBatches } from '../../src/records/record-batch.ts'
import type { CodecName, Format, Row } from './peers.ts'

const codes: Record<CodecName, Compression> = {
  none: Compression.None,
  gzip: Compression.Gzip,
  snappy: Compression.Snappy,
  lz4: Compression.Lz4,
  zstd: Compression.Zstd,
}
/** What a topic's message.format.version is called. */
const versions: Partial<Record<Format, string>> = { 0: '0.9.0', 1: '0.10.0' }
const patience = 30_000

/** Our side of the interop tests, on one broker: by our own codecs, and reading by the runtime's too. */
export class Ours {
  private readonly broker: string
  private readonly own = new Transport({ adapter, natives: { ...natives, codecs: {} } })
  private readonly runtimes = new Transport({ adapter, natives })

  constructor(broker: string) {
    this.broker = broker
  }

  close(): Promise<unknown> {
    return Promise.all([this.own.close(), this.runtimes.close()])
  }

  /** A topic of one partition. */
  async newTopic(topic: string, format: Format): Promise<void> {
    const client = new Client({ addr: this.broker, transport: this.own })
    const configValue = versions[format]
    const configEntries = configValue === undefined ? [] : [{ configName: 'message.format.version', configValue }]
    const { errors } = await client.createTopics({
      topics: [{ topic, numPartitions: 1, replicationFactor: 1, configEntries }],
    })
    if (errors[topic]) throw errors[topic]
  }

  /** Writes all in one batch; `idempotent` is not for formats before v2. */
  async write(topic: string, codec: CodecName, rows: readonly Row[], idempotent: boolean): Promise<void> {
    await using writer = new Writer({
      addr: this.broker,
      topic,
      transport: this.own,
      compression: codes[codec],
      idempotent,
    })
    await writer.writeMessages(
      rows.map(({ key, value, headers, timestamp }) => ({
        key,
        value,
        timestamp,
        headers: headers.map(header => {
          const [name = '', text = ''] = header.split(':')
          return { key: name, value: text === 'NULL' ? null : text }
        }),
      })),
    )
  }

  /** The topic's first messages as each of our ways to read gives them. */
  async readEveryWay(topic: string, count: number): Promise<Record<'messages' | 'cursor' | 'fetch', Row[]>> {
    const reader = new Reader({ brokers: this.broker, topic, partition: 0, transport: this.own })
    reader.setOffset(FirstOffset)
    const messages: Row[] = []
    while (messages.length < count)
      messages.push(rowOf(await reader.readMessage({ signal: AbortSignal.timeout(patience) })))
    reader.setOffset(FirstOffset)
    const cursor: Row[] = []
    for await (const batch of reader.batches()) {
      for (const record = batch.cursor(); record.next(); ) cursor.push(rowOf(record))
      if (cursor.length >= count) break
    }
    await reader.close()

    const client = new Client({ addr: this.broker, transport: this.runtimes })
    const fetched: Row[] = []
    while (fetched.length < count) {
      const { error, records } = await client.fetch({ topic, partition: 0, offset: fetched.length })
      if (error !== null) throw error
      for (const message of records) fetched.push(rowOf(message))
    }
    return { messages, cursor, fetch: fetched }
  }

  /** Format and codec of each batch from this offset on, as the broker stored them. */
  async stored(topic: string, from: number): Promise<{ format: number; codec: number }[]> {
    const wanted = [{ partition: 0, fetchOffset: from, partitionMaxBytes: 10_000_000 }]
    const request = {
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 10_000_000,
      topics: [{ topic, partitions: wanted }],
      forgottenTopicsData: [],
    }
    const { responses } = await this.own.roundTrip(this.broker, Fetch, request)
    const batches = scanBatches(responses[0]?.partitions[0]?.records ?? new Uint8Array(0))
    return batches.filter(({ lastOffset }) => lastOffset >= from).map(({ magic, codec }) => ({ format: magic, codec }))
  }
}

export function codeOf(codec: CodecName): number {
  return codes[codec]
}

const text = (bytes: Uint8Array | null): string | null => bytes && new TextDecoder().decode(bytes)

function rowOf({
  key,
  value,
  headers,
  timestamp,
}: Pick<Message, 'key' | 'value' | 'timestamp'> & { headers: readonly Header[] }): Row {
  return {
    key: text(key),
    value: text(value),
    headers: headers.map(header => `${header.key}:${text(header.value) ?? 'NULL'}`),
    timestamp,
  }
}
