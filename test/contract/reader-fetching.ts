import { ConfigError, ProtocolError } from '../../src/base/errors.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { knowsTime, ListOffsets, offsetTimes } from '../../src/protocol/list-offsets.ts'
import type { SocketAdapter } from '../../src/socket/socket.ts'
import { Transport } from '../../src/transport/transport.ts'
import { fixtureTest, numbered, take } from '../support/reading-fixture.ts'
import { nothing, thrown } from '../support/waiting.ts'
import type { Suite } from './harness.ts'

export const suite: Suite = contract => {
  const { assert, cluster, adapter, natives } = contract
  const test = fixtureTest(contract)

  const many = 24
  test(
    'fetches of many partitions name what changed, whatever is paused, sought and lost meanwhile',
    async (fixture, { signal }) => {
      const sizes: number[] = []
      const transport = fixture.keep(new Transport({ adapter: measuring(adapter, sizes), natives }))
      const reader = fixture.reader({ transport, maxWait: 50 })
      const read: string[] = []
      const put = async (partition: number, value: string): Promise<void> => {
        await fixture.write([{ partition, value }])
        read.push(...(await take(reader, 1, signal)))
      }
      for (let i = 0; i < 10; i++) await put((i * 7) % many, String(i))
      reader.pause([{ topic: fixture.topic, partition: 7 }])
      await put(8, '10')
      reader.resume([{ topic: fixture.topic, partition: 7 }])
      await put(7, '11')
      reader.seek(fixture.topic, 7, 0)
      read.push(...(await take(reader, 2, signal)))
      assert.deepEqual(read, [...numbered(0, 12).map(({ value }) => value), '1', '11'])
      // A partition takes 25 bytes or more. Each broker's are named together once, or twice if one led none of them yet.
      const half = Math.min(...sizes) + (25 * many) / cluster.nodes / 2
      assert.ok(sizes.length > 4 * cluster.nodes, `${sizes}`)
      assert.ok(sizes.filter(size => size > half).length <= 2 * cluster.nodes, `${sizes}`)
    },
    { partitions: many },
  )

  test(
    'a reader in the rack of a follower is served by that',
    async (fixture, { signal, unique }) => {
      const topic = unique('nearer')
      const { errors } = await fixture.client.createTopics({
        topics: [{ topic, numPartitions: 1, replicationFactor: 3 }],
      })
      assert.equal(errors[topic], null)
      await fixture.write(numbered(0, 3), { topic })
      const { topics, brokers } = await fixture.client.metadata({ topics: [topic] })
      const { leader } = topics[0]!.partitions[0]!
      const near = brokers.find(({ id }) => id !== leader.id)!
      const asked: string[] = []
      const transport = fixture.keep(
        new Transport({
          adapter,
          natives,
          onEvent: event => void (event.type === 'fetch' && asked.push(event.broker)),
        }),
      )
      const reader = fixture.reader({ topic, partition: 0, rack: near.rack, transport, maxWait: 100 })
      assert.deepEqual(await take(reader, 3, signal), ['0', '1', '2'])
      await fixture.write([{ value: '3' }], { topic })
      assert.deepEqual(await take(reader, 1, signal), ['3'])
      assert.deepEqual([...new Set(asked)], [String(leader.id), String(near.id)])
    },
    { needs: ['three-nodes'] },
  )

  test('a duration is a place to begin at and to be sent to', async (fixture, { signal }) => {
    const now = Date.now()
    const ages = [7_200_000, 5_400_000, 3_500_000, 60_000]
    await fixture.write(ages.map((age, i) => ({ value: String(i), timestamp: now - age })))
    for (const startOffset of [{ duration: 3_600_000 }, { duration: 'PT1H' }, 'by_duration:PT1H'] as const) {
      const reader = fixture.reader({ startOffset })
      assert.deepEqual(await take(reader, 2, signal), ['2', '3'])
      reader.seek(fixture.topic, 0, { duration: 'PT1H45M' })
      assert.deepEqual(await take(reader, 3, signal), ['1', '2', '3'])
      reader.seek(fixture.topic, 0, 'by_duration:PT5M')
      assert.deepEqual(await take(reader, 1, signal), ['3'])
      await reader.close()
    }
    const latest = fixture.reader({ startOffset: { duration: 1_000 } })
    const waiting = latest.fetchMessage({ signal })
    await nothing(waiting)
    await fixture.write([{ value: 'new' }])
    assert.equal((await waiting).text(), 'new')
    for (const startOffset of ['by_duration:1h', { duration: -1 }] as const)
      assert.ok(thrown(() => fixture.reader({ startOffset })) instanceof ConfigError)
  })

  test('offsets of tiered storage are asked for by name, of brokers that know what that is', async fixture => {
    const { client, topic, transport } = fixture
    await fixture.fill(3)
    const connection = await transport.cluster(cluster.brokers).connection('any', 'control')
    const version = connection.version(ListOffsets)
    const told = {
      max_timestamp: undefined,
      earliest_local: 0,
      latest_tiered: -1,
      earliest_pending_upload: -1,
    } as const
    for (const name of Object.keys(told) as (keyof typeof told)[]) {
      const answer = client.listOffsets({ topics: { [topic]: [{ partition: 0, timestamp: name }] } })
      if (!knowsTime(version, offsetTimes[name])) {
        await assert.rejects(answer, ProtocolError)
        continue
      }
      const { earliestLocalOffset, latestTieredOffset, earliestPendingUploadOffset, error } = (await answer).topics[
        topic
      ]![0]!
      assert.equal(error, null)
      assert.equal(earliestLocalOffset ?? latestTieredOffset ?? earliestPendingUploadOffset, told[name], name)
    }
  })
}

/** Notes how long the fetches are that connections carry. */
function measuring(inner: SocketAdapter, sizes: number[]): SocketAdapter {
  return {
    ...inner,
    name: inner.name,
    async dial(address, options) {
      const socket = await inner.dial(address, options)
      return {
        read: () => socket.read(),
        write(pieces) {
          const [head] = pieces
          // A fetch has its connection to itself, and is written at once.
          if (head !== undefined && head[4] === 0 && head[5] === Fetch.key)
            sizes.push(pieces.reduce((sum, { length }) => sum + length, 0))
          return socket.write(pieces)
        },
        flushed: () => socket.flushed(),
        close: () => socket.close(),
        abort: reason => socket.abort(reason),
      }
    },
  }
}
