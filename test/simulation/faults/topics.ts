import { zeroUuid } from '../../../src/bytes/reader.ts'
import { CreatePartitions } from '../../../src/protocol/create-partitions.ts'
import { CreateTopics } from '../../../src/protocol/create-topics.ts'
import { DeleteTopics } from '../../../src/protocol/delete-topics.ts'
import { ErrorCode } from '../../../src/protocol/errors.ts'
import { IncrementalAlterConfigs } from '../../../src/protocol/incremental-alter-configs.ts'
import { Produce } from '../../../src/protocol/produce.ts'
import { namesTopicIds } from '../releases.ts'
import { topic } from '../world.ts'
import type { Fault } from './fault.ts'

/** In IncrementalAlterConfigs. */
const topicResource = 2

/** The topic grows under those who write and read it. */
export const addedPartitions: Fault = {
  name: 'added partitions',
  gentle: true,
  async play({ world, chance, sleep, isOver, bit }) {
    const host = world.host('administrator')
    const transport = host.transport()
    while (!isOver() && world.partitions < 12) {
      await sleep(chance.wait(20_000))
      if (isOver()) break
      const count = world.partitions + 1
      try {
        const topics = [{ name: topic, count, assignments: null }]
        const request = { topics, timeoutMs: 5_000, validateOnly: false }
        const { results } = await transport.roundTrip([...world.addresses], CreatePartitions, request)
        if (results[0]!.errorCode !== 0) continue
        world.partitions = count
        bit(`partition ${count - 1} was added`)
      } catch {
        // Other faults keep it from that.
      }
    }
    await transport.close()
  },
}

/** The topic is deleted, and another made under its name. */
export const remadeTopics: Fault = {
  name: 'remade topics',
  async play({ world, chance, sleep, isOver, bit }) {
    const { broker, history, release } = world
    if (!namesTopicIds(release)) return
    // Nothing is written, nor said to be, between the reading of the old logs and their end.
    let closed = false
    const open = broker.control(Produce, async (_request, { apply }) => {
      if (closed) return 'drop'
      const answer = await apply()
      return closed ? 'drop' : answer
    })
    const host = world.auditor()
    const transport = host.transport()
    const insist = async (task: () => Promise<{ errorCode: number }>, done: readonly number[]): Promise<void> => {
      for (;;) {
        const code = await task().then(
          ({ errorCode }) => errorCode,
          () => -1,
        )
        if (done.includes(code)) return
        await host.sleep(500)
      }
    }
    for (;;) {
      await sleep(chance.wait(25_000))
      if (isOver()) break
      closed = true
      const log = await world.contents().catch(() => undefined)
      // Other faults keep it from that.
      if (log === undefined) {
        closed = false
        continue
      }
      const name = topic
      const { addresses } = world
      await insist(async () => {
        const request = { topics: [{ name, topicId: zeroUuid }], topicNames: [name], timeoutMs: 5_000 }
        return (await transport.roundTrip([...addresses], DeleteTopics, request)).responses[0]!
      }, [0, ErrorCode.UnknownTopicOrPartition])
      history.formerLogs.push(log)
      world.partitions = 0
      if (chance.is(0.5)) await host.sleep(chance.wait(3_000))
      const numPartitions = chance.whole(1, 8)
      const plain = { assignments: [], configs: [], replicationFactor: -1 }
      await insist(async () => {
        const request = { topics: [{ name, numPartitions, ...plain }], timeoutMs: 5_000, validateOnly: false }
        return (await transport.roundTrip([...addresses], CreateTopics, request)).topics[0]!
      }, [0, ErrorCode.TopicAlreadyExists])
      world.partitions = numPartitions
      closed = false
      bit(`topic made anew, with ${numPartitions} partitions`)
    }
    open()
    await transport.close()
  },
}

/** The topic takes smaller batches for a while: what was gathered must be split. */
export const smallBatches: Fault = {
  name: 'small batches',
  gentle: true,
  async play({ world, chance, sleep, isOver, bit }) {
    const host = world.host('operator')
    const transport = host.transport()
    while (!isOver()) {
      await sleep(chance.wait(6_000))
      if (isOver()) break
      const value = chance.is(0.4) ? '1000000' : String(chance.whole(200, 400))
      const configs = [{ name: 'max.message.bytes', configOperation: 0, value }]
      try {
        const { responses } = await transport.roundTrip([...world.addresses], IncrementalAlterConfigs, {
          resources: [{ resourceType: topicResource, resourceName: topic, configs }],
          validateOnly: false,
        })
        if (responses[0]!.errorCode === 0) bit(`batches have ${value} bytes at most`)
      } catch {
        // Other faults keep it from that.
      }
    }
    await transport.close()
  },
}
