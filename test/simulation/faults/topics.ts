import { CreatePartitions } from '../../../src/protocol/create-partitions.ts'
import { IncrementalAlterConfigs } from '../../../src/protocol/incremental-alter-configs.ts'
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
