import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unless } from '../test/support/left-out.ts'
import { random } from '../test/support/random.ts'
import { full } from './full.ts'
import { codeOf, Ours } from './interop/ours.ts'
import { codecNames, type Format, peers, type Row } from './interop/peers.ts'
import { type KafkaCluster, startKafka } from './kafka/index.ts'
import { noKafka } from './shared.ts'

// Each codec, in each message format, with other people's clients, both ways. Without FULL=1 each pair of codec and
// format with one of them.

const clusters: readonly { version: string; formats: readonly { format: Format; turn: number }[] }[] = [
  { version: '4.4.0', formats: [{ format: 2, turn: 0 }] },
  // Topics may have formats v0 and v1 there.
  {
    version: '2.8.2',
    formats: [...(full ? [{ format: 2, turn: 1 } as const] : []), { format: 1, turn: 2 }, { format: 0, turn: 3 }],
  },
]
const time = Date.UTC(2026, 0, 2, 3, 4, 5, 6)
/** Longer than a block of any codec, with repetitions near and far. */
const long = words(200_000)
const rows: readonly Row[] = [
  { key: 'k1', value: 'v1', headers: ['h:x', 'empty:', 'none:NULL'], timestamp: time },
  { key: null, value: 'no key', headers: [], timestamp: time + 1 },
  { key: 'no value', value: null, headers: [], timestamp: time + 2 },
  { key: '', value: '', headers: [], timestamp: time + 3 },
  { key: 'ключ', value: '值 🎈', headers: ['ü:ñ'], timestamp: time - 40 * 86_400_000 },
  { key: 'long', value: long, headers: [], timestamp: time + 4 },
]

/** What is left of a message in a format: no headers before v2, no time in v0. */
function inFormat(format: Format, row: Row): Row {
  return { ...row, headers: format === 2 ? row.headers : [], timestamp: format === 0 ? -1 : row.timestamp }
}

function words(length: number): string {
  const next = random(42)
  let text = ''
  while (text.length < length) {
    const from = Math.floor(next() * text.length)
    text += next() < 0.5 ? text.slice(from, from + 200) : `${Math.floor(next() * 1e9).toString(36)} `
  }
  return text
}

describe.each(clusters)('Kafka $version', unless(noKafka), ({ version, formats }) => {
  let cluster: KafkaCluster
  let ours: Ours
  let broker: string
  beforeAll(async () => {
    cluster = await startKafka({ version })
    broker = cluster.brokers[0]!
    ours = new Ours(broker)
  })
  afterAll(async () => {
    await ours?.close()
    await cluster?.stop()
  })

  describe.each(formats.map(each => ({ ...each, name: `v${each.format}` })))(
    'message format $name',
    ({ format, turn }) => {
      const mine = rows.map(row => (format === 2 ? row : { ...row, headers: [] }))
      // zstd came after v2.
      const possible = codecNames.filter(codec => format === 2 || codec !== 'zstd')

      for (const [at, [id, peer]] of Object.entries(peers).entries()) {
        // Without FULL=1 the peers take turns.
        const cases = possible.filter((_, i) => full || (i + turn) % 3 === at)
        test.each(cases)(`${peer.name}, both ways: %s`, { ...unless(peer.missing), timeout: 120_000 }, async codec => {
          const topic = `${id}-${codec}-v${format}`
          await ours.newTopic(topic, format)
          const before = Date.now()
          const written = codec in peer.cannotWrite ? [] : mine.filter(row => peer.canSay(row))
          if (written.length > 0) await peer.write(broker, topic, codec, written, format)
          await ours.write(topic, codec, mine, format === 2)
          const after = Date.now()
          for (const stored of await ours.stored(topic, written.length))
            expect(stored).toEqual({ format, codec: codeOf(codec) })

          const isGuess = (i: number): boolean => i < written.length && !peer.setsTime && format > 0
          const untimed = (found: readonly Row[]) =>
            found.map((row, i) => (isGuess(i) ? { ...row, timestamp: 0 } : row))
          const wanted = [...written, ...mine].map(row => inFormat(format, row))
          const seen = {
            ...(await ours.readEveryWay(topic, wanted.length)),
            peer: await peer.read(broker, topic, wanted.length),
          }
          for (const [way, found] of Object.entries(seen)) {
            expect(untimed(found), way).toEqual(untimed(wanted))
            for (const { timestamp } of found.filter((_, i) => isGuess(i))) {
              expect(timestamp).toBeGreaterThanOrEqual(before)
              expect(timestamp).toBeLessThanOrEqual(after)
            }
          }
        })
      }

      if (format === 2) return
      test('what a broker refuses there: idempotence, headers, zstd', async () => {
        const topic = `refused-v${format}`
        await ours.newTopic(topic, format)
        await expect(ours.write(topic, 'none', mine, true)).rejects.toThrow(/\[43\].*give idempotent: false/)
        await expect(ours.write(topic, 'none', rows, false)).rejects.toThrow(/\[-1\]/)
        await expect(ours.write(topic, 'zstd', mine, false)).rejects.toThrow(/\[-1\]/)
        await ours.write(topic, 'none', mine, false)
        expect((await ours.readEveryWay(topic, mine.length)).messages).toEqual(mine.map(row => inFormat(format, row)))
      })
    },
  )

  test('what lz4js writes is refused by the broker', unless(peers.kafkajs.missing), async () => {
    await ours.newTopic('lz4js', 2)
    await expect(peers.kafkajs.write(broker, 'lz4js', 'lz4', rows.slice(1, 2), 2)).rejects.toThrow()
  })
})
