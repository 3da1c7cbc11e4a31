import type { Lack } from '../../test/support/left-out.ts'
import { consoleConsume, consoleProduce } from '../java.ts'
import { noKcat, noPeers, run, runPeer } from '../peers/run.ts'

export const codecNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type CodecName = (typeof codecNames)[number]
/** Of a topic's messages: 2 since Kafka 0.11, 1 since 0.10, 0 before. */
export type Format = 0 | 1 | 2

/** A message in plain words, as it goes to a peer and comes back. */
export interface Row {
  readonly key: string | null
  readonly value: string | null
  /** `name:value`, null as `name:NULL`. */
  readonly headers: readonly string[]
  /** Milliseconds since 1970; -1 for none. */
  readonly timestamp: number
}

/** Another client. */
export interface Peer {
  readonly name: string
  /** Why it isn't installed; null when it is. */
  readonly missing: Lack | null
  /** What it can't write, and why. Everything else it writes, and everything it reads. */
  readonly cannotWrite: Partial<Record<CodecName, string>>
  /** Whether it can write such a message: its key, value and headers. */
  canSay(row: Row): boolean
  /** Whether it writes the message's time; else the time of writing. */
  readonly setsTime: boolean
  write(broker: string, topic: string, codec: CodecName, rows: readonly Row[], format: Format): Promise<void>
  read(broker: string, topic: string, count: number): Promise<Row[]>
}

const java: Peer = {
  name: "Java's console tools",
  missing: null,
  cannotWrite: {},
  canSay: () => true,
  setsTime: false,
  async write(broker, topic, codec, rows, format) {
    const lines = rows.map(({ key, value, headers }) =>
      [headers.join(',') || 'NULL', key ?? 'NULL', value ?? 'NULL'].join('\t'),
    )
    await consoleProduce(broker, topic, lines, { codec, idempotent: format === 2 })
  },
  async read(broker, topic, count) {
    const records = await consoleConsume(broker, topic, count)
    return records.map(({ timestamp, headers, key, value }) => ({
      key: key === 'NULL' ? null : key,
      value: value === 'NULL' ? null : value,
      headers: headers === 'NO_HEADERS' ? [] : headers.split(','),
      timestamp,
    }))
  },
}

const kcat: Peer = {
  name: 'kcat',
  missing: noKcat,
  cannotWrite: {},
  // Headers are options, the same for all; with -Z what is empty becomes null.
  canSay: ({ key, value, headers }) => headers.length === 0 && key !== '' && value !== '',
  setsTime: false,
  async write(broker, topic, codec, rows) {
    const lines = rows.map(({ key, value }) => `${key ?? ''}\t${value ?? ''}\n`)
    await run('kcat', ['-P', '-b', broker, '-t', topic, '-K', '\t', '-Z', '-z', codec], lines.join(''))
  },
  async read(broker, topic) {
    const output = await run('kcat', ['-C', '-b', broker, '-t', topic, '-o', 'beginning', '-e', '-q', '-J'])
    return output
      .trimEnd()
      .split('\n')
      .map(line => {
        const { key, payload, ts = -1, headers = [] } = JSON.parse(line)
        const named: string[] = []
        for (let i = 0; i < headers.length; i += 2) named.push(`${headers[i]}:${headers[i + 1] ?? 'NULL'}`)
        return { key, value: payload, headers: named, timestamp: ts }
      })
  },
}

const kafkajs: Peer = {
  name: 'kafkajs, with snappyjs, lz4js and fzstd',
  missing: noPeers,
  cannotWrite: {
    lz4: "lz4js marks its frames as having dependent blocks, which Java's decoder, and so every broker, refuses",
    zstd: 'fzstd only decompresses, and there is no other in plain JavaScript',
  },
  canSay: ({ headers }) => headers.every(header => !header.endsWith(':NULL')),
  setsTime: true,
  async write(broker, topic, codec, rows) {
    await runPeer('kafkajs-codecs.ts', [broker], { topic, codec, rows })
  },
  async read(broker, topic, count) {
    return (await runPeer('kafkajs-codecs.ts', [broker], { topic, count }))['rows'] as Row[]
  },
}

export const peers = { java, kcat, kafkajs } as const
