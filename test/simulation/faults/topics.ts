import { CreatePartitions } from '../../../src/protocol/create-partitions.ts'
import { topic } from '../world.ts'
import type { Fault } from './fault.ts'

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
