import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Listening, listen } from '../adapters/broker/index.ts'
import { natives } from '../adapters/node/index.ts'
import { Broker } from '../src/broker/index.ts'
import { Client, Writer } from '../src/index.ts'
import { unless } from '../test/support/left-out.ts'
import { consoleConsume, consoleProduce, javaTool } from './java.ts'
import { noKcat, noPeers, run, runPeer } from './peers/run.ts'
import { noKafka } from './shared.ts'

// Members of consumer groups learn of one another by their heartbeats.
const quickHeartbeats = {
  'group.consumer.min.heartbeat.interval.ms': '300',
  'group.consumer.heartbeat.interval.ms': '300',
}

// Other people's clients against the embedded broker, over TCP.
describe.each([1, 3])('over TCP, an embedded broker of %i serves', nodes => {
  let broker: Broker
  let listening: Listening
  beforeAll(async () => {
    broker = new Broker({ brokers: nodes, natives, configs: quickHeartbeats })
    listening = await listen(broker)
  })
  afterAll(async () => {
    await listening.close()
    await broker.close()
  })

  test('kafkajs: produce, consume, group, transactions, admin', unless(noPeers), async () => {
    expect(await runPeer('kafkajs.ts', listening.addresses)).toEqual({
      created: true,
      values: ['committed', 'committed too', 'one', 'two'],
      group: { state: 'Stable', members: 2 },
      transactionOffset: '1',
      partitions: 3,
      config: '12345',
      emptied: true,
      left: [],
    })
  })

  test('@platformatic/kafka: produce, consume, group, transactions, admin', unless(noPeers), async () => {
    expect(await runPeer('platformatic.ts', listening.addresses)).toEqual({
      partitions: 2,
      values: ['committed', 'one', 'two'],
      state: 'Stable',
      listed: true,
      left: [],
    })
  })

  test('kcat: produce, consume, group, transactions, metadata', unless(noKcat), async () => {
    const brokers = listening.addresses.join(',')
    const lines = ['a:one', 'b:two', 'c:three']
    await run('kcat', ['-b', brokers, '-P', '-t', 'kcat', '-K:', '-z', 'gzip'], `${lines.join('\n')}\n`)
    const transactional = ['-X', 'transactional.id=kcat']
    await run('kcat', ['-b', brokers, '-P', '-t', 'kcat', '-K:', ...transactional], 'd:four\n')
    const format = ['-f', '%k:%s\n', '-q', '-e']
    const read = await run('kcat', ['-b', brokers, '-C', '-t', 'kcat', '-o', 'beginning', ...format])
    expect(read.trimEnd().split('\n')).toEqual([...lines, 'd:four'])
    const group = await run('kcat', [
      '-b',
      brokers,
      '-X',
      'auto.offset.reset=earliest',
      ...format,
      '-G',
      'kcat-group',
      'kcat',
    ])
    expect(group.trimEnd().split('\n')).toEqual([...lines, 'd:four'])
    const metadata = JSON.parse(await run('kcat', ['-b', brokers, '-L', '-J']))
    expect(metadata.brokers).toHaveLength(nodes)
  })

  test("Java's console tools", unless(noKafka), async () => {
    const address = listening.addresses[0]!
    await consoleProduce(address, 'java', ['h:1\tk\tvalue', 'h:2\tNULL\tother'])
    const records = await consoleConsume(address, 'java', 2)
    expect(records.map(({ offset, headers, key, value }) => [offset, headers, key, value])).toEqual([
      [0, 'h:1', 'k', 'value'],
      [1, 'h:2', 'NULL', 'other'],
    ])
    const group = [
      '--bootstrap-server',
      address,
      '--topic',
      'java',
      '--from-beginning',
      '--max-messages',
      '2',
      '--group',
      'java-group',
    ]
    await javaTool('org.apache.kafka.tools.consumer.ConsoleConsumer', group)
    const described = await javaTool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', [
      '--bootstrap-server',
      address,
      '--describe',
      '--group',
      'java-group',
    ])
    expect(described).toMatch(/java-group +java +0 +2 +2 +0/)
    const topics = await javaTool('org.apache.kafka.tools.TopicCommand', [
      '--bootstrap-server',
      address,
      '--describe',
      '--topic',
      'java',
    ])
    expect(topics).toContain('PartitionCount: 1')
    const sent = [
      '--topic',
      'java',
      '--num-records',
      '5000',
      '--record-size',
      '100',
      '--throughput',
      '-1',
      '--transaction-duration-ms',
      '50',
    ]
    const performance = await javaTool('org.apache.kafka.tools.ProducerPerformance', [
      ...sent,
      '--command-property',
      `bootstrap.servers=${address}`,
      '--transactional-id',
      'java',
    ])
    expect(performance).toContain('5000 records sent')
  })

  test("Java's console consumers share a topic by the consumer protocol", unless(noKafka), async () => {
    const client = new Client({ addr: listening.addresses })
    try {
      await client.createTopics({ topics: [{ topic: 'shared', numPartitions: 2, replicationFactor: 1 }] })
      const properties = ['group.protocol=consumer', 'auto.offset.reset=earliest']
      const consume = (): Promise<string> =>
        javaTool('org.apache.kafka.tools.consumer.ConsoleConsumer', [
          ...['--bootstrap-server', listening.addresses[0]!, '--topic', 'shared', '--group', 'java-sharers'],
          ...['--max-messages', '1', '--timeout-ms', '60000', '--formatter-property', 'print.partition=true'],
          ...properties.flatMap(property => ['--command-property', property]),
        ])
      const both = Promise.all([consume(), consume()])
      both.catch(() => {})
      const shares = async (): Promise<number[]> => {
        const { groups } = await client.describeConsumerGroups({ groupIds: ['java-sharers'] })
        const { state, members } = groups[0]!
        return state === 'Stable' ? members.map(({ assignment }) => assignment['shared']?.length ?? 0) : []
      }
      await expect.poll(shares, { timeout: 60_000, interval: 200 }).toEqual([1, 1])
      const writer = new Writer({ addr: listening.addresses, topic: 'shared', balancer: ({ key }) => Number(key) })
      await writer.writeMessages([
        { key: '0', value: 'zero' },
        { key: '1', value: 'one' },
      ])
      await writer.close()
      expect((await both).map(each => each.trim()).sort()).toEqual(['Partition:0\tzero', 'Partition:1\tone'])
      // Both have left.
      await expect.poll(shares, { timeout: 20_000 }).toEqual([])
    } finally {
      await client.close()
    }
  })
})
