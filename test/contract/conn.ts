import {
  Batch,
  ClosedError,
  ConfigError,
  type Conn,
  ErrorCode,
  KafkaError,
  SeekAbsolute,
  SeekCurrent,
  SeekDontCheck,
  SeekEnd,
  SeekStart,
} from '../../src/index.ts'
import { connTest } from '../support/conn-fixture.ts'
import type { Assert } from './assert.ts'
import type { Suite } from './harness.ts'

/** A Conn: where it is, what it knows of the cluster, and its end. Reading and writing have suites of their own. */
export const suite: Suite = contract => {
  const { cluster } = contract
  // An assertion function must be declared with its type.
  const assert: Assert = contract.assert
  const test = connTest(contract)
  const code = (wanted: number) => (error: unknown) => error instanceof KafkaError && error.code === wanted
  const outOfRange = code(ErrorCode.OffsetOutOfRange)

  test('a connection closed right after it was made', async ({ dialer, address }) => {
    const conn = await dialer.dial('tcp', address)
    await conn.close()
    await conn.close()
  })

  test('a closed connection refuses each call, and what it waited for ends', async fixture => {
    const conn = await fixture.leader()
    const reading = assert.rejects(conn.readMessage(), ClosedError)
    await conn.close()
    await reading
    await assert.rejects(conn.write('late'), ClosedError)
    await assert.rejects(conn.readMessage(), ClosedError)
    await assert.rejects(conn.seek(0, SeekStart), ClosedError)
    await assert.rejects(conn.brokers(), ClosedError)
    const batch = await conn.readBatch()
    assert.ok(batch instanceof Batch && batch.err() instanceof ClosedError)
  })

  test('the offset of a new connection is the first', async fixture => {
    const conn = await fixture.filled('a', 'b')
    assert.deepEqual(conn.offset(), { offset: 0, whence: SeekStart })
    assert.equal((await conn.readMessage()).text(), 'a')
    assert.deepEqual(conn.offset(), { offset: 1, whence: SeekAbsolute })
  })

  test('it seeks to the first offset, to the last and back from it', async fixture => {
    const conn = await fixture.filled('a', 'b', 'c')
    assert.equal(await conn.seek(0, SeekEnd), 3)
    assert.equal(await conn.seek(2, SeekEnd), 1)
    assert.equal((await conn.readMessage()).text(), 'b')
    assert.equal(await conn.seek(0, SeekStart), 0)
    assert.equal((await conn.readMessage()).text(), 'a')
    assert.equal(await conn.seek(2, SeekStart), 2)
    assert.equal((await conn.readMessage()).text(), 'c')
  })

  test('it seeks from where it is: forth, back, and from the beginning before that is known', async fixture => {
    const conn = await fixture.filled('a', 'b', 'c', 'd')
    assert.equal(await conn.seek(1, SeekCurrent), 1)
    assert.equal(await conn.seek(2, SeekCurrent), 3)
    assert.equal((await conn.readMessage()).text(), 'd')
    assert.equal(await conn.seek(-3, SeekCurrent), 1)
    assert.equal((await conn.readMessage()).text(), 'b')
    const other = await fixture.leader()
    assert.equal(await other.seek(2, SeekCurrent | SeekDontCheck), 2)
  })

  test('it seeks to any offset there is', async fixture => {
    const conn = await fixture.filled('a', 'b', 'c')
    for (const [offset, text] of [...['a', 'b', 'c'].entries()].reverse()) {
      assert.equal(await conn.seek(offset, SeekAbsolute), offset)
      assert.equal((await conn.readMessage()).text(), text)
    }
  })

  test('beyond the bounds a seek is refused, and it stays where it is', async fixture => {
    const conn = await fixture.filled('a', 'b')
    await conn.seek(1, SeekAbsolute)
    await assert.rejects(conn.seek(3, SeekAbsolute), outOfRange)
    await assert.rejects(conn.seek(-1, SeekStart), outOfRange)
    await assert.rejects(conn.seek(3, SeekEnd), outOfRange)
    await assert.rejects(conn.seek(2, SeekCurrent), outOfRange)
    assert.deepEqual(conn.offset(), { offset: 1, whence: SeekAbsolute })
  })

  test('an unchecked seek goes beyond the bounds and asks nobody; reading there fails and can be mended', async fixture => {
    const conn = await fixture.filled('a')
    const { length } = fixture.asked
    assert.equal(await conn.seek(10, SeekAbsolute | SeekDontCheck), 10)
    assert.equal(await conn.seek(5, SeekCurrent | SeekDontCheck), 15)
    assert.equal(fixture.asked.length, length)
    await assert.rejects(conn.readMessage(), outOfRange)
    const batch = await conn.readBatch()
    assert.ok(outOfRange(batch.err()))
    await conn.seek(0, SeekStart)
    assert.equal((await conn.readMessage()).text(), 'a')
  })

  test('a seek to where it is asks nobody', async fixture => {
    const conn = await fixture.filled('a', 'b')
    await conn.seek(1, SeekAbsolute)
    const { length } = fixture.asked
    assert.equal(await conn.seek(1, SeekAbsolute), 1)
    assert.equal(fixture.asked.length, length)
  })

  test('a way to seek that there is not is refused', async fixture => {
    const conn = await fixture.leader()
    await assert.rejects(conn.seek(0, 4), ConfigError)
    await assert.rejects(conn.seek(0, SeekDontCheck * 2), ConfigError)
    await assert.rejects(conn.seek(0.5, SeekAbsolute), ConfigError)
  })

  test('offsets: the first, the last, and the one of a time', async fixture => {
    const conn = await fixture.leader()
    await conn.writeMessages([1000, 2000, 3000].map(timestamp => ({ value: 'x', timestamp })))
    assert.deepEqual(await conn.readOffsets(), { first: 0, last: 3 })
    assert.equal(await conn.readFirstOffset(), 0)
    assert.equal(await conn.readLastOffset(), 3)
    assert.equal(await conn.readOffset(new Date(1500)), 1)
    assert.equal(await conn.readOffset(3000), 2)
    assert.equal(await conn.readOffset(3001), -1)
  })

  test('partitions: of the own topic, of those named, of all', async (fixture, t) => {
    const { topic, dialer, address } = fixture
    const conn = await fixture.leader()
    const own = await conn.readPartitions()
    assert.deepEqual(own.map(each => [each.topic, each.id]).sort(), [
      [topic, 0],
      [topic, 1],
    ])
    for (const { leader, replicas, error } of own) {
      assert.equal(error, null)
      assert.ok(leader.id >= 0 && leader.port > 0)
      assert.deepEqual(replicas, [leader])
    }
    const other = t.unique('other')
    await fixture.createTopic(other)
    const named = await conn.readPartitions([other, t.unique('missing')])
    assert.deepEqual([...new Set(named.map(each => each.topic))], [other])
    const plain = fixture.keep(await dialer.dial('tcp', address))
    const all = new Set((await plain.readPartitions()).map(each => each.topic))
    assert.ok(all.has(topic) && all.has(other))
    await assert.rejects(plain.readPartitions(t.unique('missing')), code(ErrorCode.UnknownTopicOrPartition))
  })

  test('the cluster: its brokers, its controller, and the broker this leads to', async fixture => {
    const conn = await fixture.leader()
    const brokers = await conn.brokers()
    assert.equal(brokers.length, cluster.nodes)
    const controller = await conn.controller()
    assert.ok(brokers.some(({ id }) => id === controller.id))
    const { leader } = (await conn.readPartitions()).find(({ id }) => id === fixture.partition)!
    assert.deepEqual(conn.broker(), leader)
    assert.equal(conn.remoteAddr().network, 'tcp')
    assert.ok(conn.localAddr() === null || conn.localAddr()!.addresses.length === 1)
  })

  test('what the broker speaks', async fixture => {
    const conn = await fixture.leader()
    const versions = await conn.apiVersions()
    const produce = versions.find(({ apiKey }) => apiKey === 0)!
    assert.ok(produce.minVersion <= 8 && produce.maxVersion >= 8)
  })

  test('topics are made once, however often they are asked for, and deleted', async (fixture, t) => {
    const conn = await controllerOf(fixture)
    const topic = t.unique('made')
    const config = { topic, numPartitions: 1, replicationFactor: 1 }
    await conn.createTopics(config)
    await conn.createTopics([config])
    const found = await fixture.dialer.lookupPartition('tcp', fixture.address, topic, 0)
    assert.equal(found.topic, topic)
    await conn.deleteTopics(topic)
    await assert.rejects(conn.deleteTopics([t.unique('missing')]), code(ErrorCode.UnknownTopicOrPartition))
    await assert.rejects(conn.createTopics({ ...config, topic: 'no spaces' }), code(ErrorCode.InvalidTopic))
  })

  /** Where there is ZooKeeper, the one broker that makes topics. */
  async function controllerOf(fixture: Parameters<Parameters<typeof test>[1]>[0]): Promise<Conn> {
    const any = fixture.keep(await fixture.dialer.dial('tcp', fixture.address))
    const { host, port } = await any.controller()
    return fixture.keep(await fixture.dialer.dial('tcp', `${host}:${port}`))
  }
}
