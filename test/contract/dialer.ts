import { parseAddress } from '../../src/base/address.ts'
import { BrokerResolver, Client, ErrorCode, KafkaError, Reader, Transport } from '../../src/index.ts'
import { connTest } from '../support/conn-fixture.ts'
import { nothing } from '../support/waiting.ts'
import type { Assert } from './assert.ts'
import type { Suite } from './harness.ts'

/** How a Dialer finds partitions and brokers. */
export const suite: Suite = contract => {
  const { cluster, adapter, natives } = contract
  const assert: Assert = contract.assert
  const test = connTest(contract)
  const code = (wanted: number) => (error: unknown) => error instanceof KafkaError && error.code === wanted

  test('it looks up the partitions of a topic', async ({ dialer, address, topic }) => {
    const partitions = await dialer.lookupPartitions('tcp', address, topic)
    assert.deepEqual(partitions.map(({ id }) => id).sort(), [0, 1])
    for (const partition of partitions) {
      assert.equal(partition.topic, topic)
      assert.ok(partition.leader.host !== '' && partition.leader.port > 0)
      assert.equal(partition.isr.length, 1)
    }
    const one = await dialer.lookupPartition('tcp', address, topic, 1)
    assert.deepEqual(one, partitions.find(({ id }) => id === 1)!)
    assert.deepEqual(await dialer.lookupLeader('tcp', address, topic, 1), one.leader)
  })

  test('a partition that was looked up is dialed where its leader is', async fixture => {
    const { dialer, address, topic } = fixture
    for (const partition of await dialer.lookupPartitions('tcp', address, topic)) {
      const conn = fixture.keep(await dialer.dialPartition('tcp', address, partition))
      assert.deepEqual(conn.broker(), partition.leader)
      await conn.write(`to ${partition.id}`)
      assert.equal((await conn.readMessage()).partition, partition.id)
    }
  })

  test('a topic that is not there is waited for', async (fixture, t) => {
    const { dialer, address } = fixture
    const topic = t.unique('later')
    const waiting = dialer.dialLeader('tcp', address, topic, 1)
    await nothing(waiting)
    await fixture.createTopic(topic)
    const conn = fixture.keep(await waiting)
    await conn.write('x')
  })

  test('one that does not come is an error once the time is up, or at once when cancelled', async (fixture, t) => {
    const topic = t.unique('never')
    const hasty = fixture.newDialer({ timeout: 3_000 })
    const unknown = code(ErrorCode.UnknownTopicOrPartition)
    await assert.rejects(hasty.lookupPartition('tcp', fixture.address, topic, 0), unknown)
    await assert.rejects(hasty.lookupLeader('tcp', fixture.address, fixture.topic, 7), unknown)
    await assert.rejects(hasty.lookupPartitions('tcp', fixture.address, topic), unknown)
    const cancel = new AbortController()
    const waiting = fixture.dialer.dialLeader('tcp', fixture.address, topic, 0, { signal: cancel.signal })
    await nothing(waiting)
    cancel.abort('never mind')
    await assert.rejects(waiting, error => error === 'never mind')
  })

  test('what the resolver finds is dialed, with its port where the address has none', async fixture => {
    const { host, port } = parseAddress(fixture.address)
    const asked: string[] = []
    const dialer = fixture.newDialer({
      resolver: {
        async lookupHost(name) {
          asked.push(name)
          return name === 'kafka.test' ? [`${host}:${port}`] : []
        },
      },
    })
    const conn = fixture.keep(await dialer.dial('tcp', 'kafka.test'))
    assert.equal((await conn.brokers()).length, cluster.nodes)
    assert.equal(conn.broker().host, 'kafka.test')
    const other = fixture.keep(await dialer.dial('tcp', `kafka.test:${port}`))
    assert.equal(other.broker().port, port)
    // Of a name that it knows nothing of, the name is dialed.
    fixture.keep(await dialer.dial('tcp', fixture.address))
    assert.deepEqual(asked, ['kafka.test', 'kafka.test', host])
  })

  test('a Transport takes the same resolver as a BrokerResolver', async fixture => {
    const { host, port } = parseAddress(fixture.address)
    const resolver = new BrokerResolver({
      async lookupHost(name) {
        return name === 'kafka.test' ? [host] : []
      },
    })
    const transport = fixture.keep(new Transport({ adapter, natives, resolver }))
    const client = new Client({ addr: `kafka.test:${port}`, transport })
    assert.equal((await client.metadata({ topics: [fixture.topic] })).topics[0]!.partitions.length, 2)
  })

  test('a Reader takes a dialer, and makes a transport of its own with it', async (fixture, { signal }) => {
    await fixture.filled('a', 'b')
    const { topic, partition, dialer } = fixture
    const reader = fixture.keep(new Reader({ brokers: cluster.brokers, topic, partition, dialer }))
    assert.equal((await reader.readMessage({ signal })).text(), 'a')
    assert.ok(fixture.asked.includes('Fetch'))
    assert.equal((await reader.readMessage({ signal })).text(), 'b')
  })

  test(
    'any broker leads to the leader; another than that refuses, and stays open',
    async fixture => {
      const { dialer, topic, partition } = fixture
      for (const address of cluster.brokers) {
        const conn = fixture.keep(await dialer.dialLeader('tcp', address, topic, partition))
        await conn.write('x')
      }
      const found = await dialer.lookupPartition('tcp', fixture.address, topic, partition)
      const leader = found.leader
      const any = fixture.keep(await dialer.dial('tcp', fixture.address))
      const stranger = (await any.brokers()).find(({ id }) => id !== leader.id)!
      const conn = fixture.keep(await dialer.dialPartition('tcp', '', { ...found, leader: stranger }))
      const notLeader = code(ErrorCode.NotLeaderForPartition)
      await assert.rejects(conn.write('x'), notLeader)
      await assert.rejects(conn.readMessage(), notLeader)
      assert.equal((await conn.brokers()).length, cluster.nodes)
    },
    { needs: ['three-nodes'] },
  )
}
