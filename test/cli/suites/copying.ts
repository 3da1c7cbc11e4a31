import { expect, test } from 'vitest'
import { Reader } from '../../../src/reader/reader.ts'
import type { MessageInput } from '../../../src/records/message-input.ts'
import { Writer } from '../../../src/writer/writer.ts'
import type { CliStage } from '../stage.ts'

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

const odd = Uint8Array.from({ length: 256 }, (_, i) => i)
const messages: readonly MessageInput[] = [
  { partition: 0, key: 'k', value: 'text' },
  { partition: 0, key: 'k', value: 'text' },
  { partition: 0, key: null, value: null },
  { partition: 0, key: 'gone', value: null },
  { partition: 0, key: '', value: '' },
  {
    partition: 0,
    key: odd,
    value: odd,
    headers: [
      { key: 'h', value: odd },
      { key: 'h', value: null },
      { key: '', value: '' },
      { key: 'h', value: 'again' },
    ],
  },
  { partition: 1, key: '\ufeffбом', value: 'line\nbreak "quoted" 🎈\u2028\0', time: new Date(5) },
  { partition: 1, value: '{"base64":"AA=="}' },
  { partition: 1, value: Uint8Array.of(0xed, 0xa0, 0x80) },
  { partition: 1, key: 'large', value: 'x'.repeat(300_000) },
]

/** A topic that is printed and written again. */
export function copying(stage: CliStage): void {
  const { at, newTopic } = stage

  /** All there is, in full. */
  async function contentsOf(topic: string, count: number): Promise<unknown[]> {
    await using reader = new Reader({ brokers: stage.addr, topic })
    const found = []
    while (found.length < count) found.push((await reader.fetchMessage()).copy())
    const bytes = (part: Uint8Array | null): string | null => (part === null ? null : Buffer.from(part).toString('hex'))
    return found
      .sort((a, b) => a.partition - b.partition || a.offset - b.offset)
      .map(({ partition, offset, timestamp, key, value, headers }) => [
        partition,
        offset,
        timestamp,
        bytes(key),
        bytes(value),
        headers.map(header => [header.key, bytes(header.value)]),
      ])
  }

  test.each(codecs)(
    'consume --output json | produce --input json -z %s copies a topic of every codec, byte for byte',
    async codec => {
      const [topic, copy] = [await newTopic(2), await newTopic(2)]
      for (const compression of codecs) {
        await using writer = new Writer({ addr: stage.addr, topic, compression })
        await writer.writeMessages(messages)
      }
      const { output } = await at(['consume', topic, '-o', 'start', '-e', '--output', 'json'])
      const input = Buffer.from(output, 'latin1')
      const produced = await at(['produce', copy, '--input', 'json', '--keep-partitions', '-z', codec], { input })
      expect(produced).toEqual({ status: 0, output: '', errors: '' })
      const count = codecs.length * messages.length
      expect(await contentsOf(copy, count)).toEqual(await contentsOf(topic, count))
    },
  )
}
