import { recurring } from './fault.ts'

/** SIGKILL: what its followers had not is gone. It comes back later, as a follower, unless nobody else was in sync. */
export const crashedBrokers = recurring(
  'crashed brokers',
  { every: 12_000, lasts: 5_000 },
  ({ world, chance, bit }) => {
    const running = world.broker.brokerIds.filter(id => world.broker.isRunning(id))
    if (running.length === 0) return undefined
    const id = chance.pick(running)
    world.broker.crashBroker(id)
    bit(`broker ${id} crashed`)
    return () => world.broker.startBroker(id)
  },
)

/** A broker's replicas copy nothing: writes by all wait for them until they fall out of sync. */
export const laggingReplicas = recurring(
  'lagging replicas',
  { every: 8_000, lasts: 6_000 },
  ({ world, chance, bit }) => {
    const id = chance.pick(world.broker.brokerIds)
    const release = world.broker.holdReplica(id)
    bit(`replicas of broker ${id} lag`)
    return release
  },
)
