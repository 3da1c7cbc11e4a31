import { lostDisk } from '../history.ts'
import { recurring } from './fault.ts'

/** SIGKILL: what its followers had not is gone. It comes back later, as a follower, unless nobody else was in sync. */
export const crashedBrokers = recurring(
  'crashed brokers',
  { every: 12_000, lasts: 5_000 },
  ({ world, chance, bit }) => {
    const running = world.broker.brokerIds.filter(id => world.broker.isRunning(id))
    if (running.length === 0) return undefined
    const id = chance.pick(running)
    world.end(id, 'crashed')
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
    const release = world.hold(id)
    bit(`replicas of broker ${id} lag`)
    return release
  },
)

/** A broker goes on alone until the others are out of sync; then it crashes, and one that lacks records leads. */
export const uncleanElections = recurring(
  'unclean elections',
  {
    every: 15_000,
    lasts: 8_000,
    configs: { 'unclean.leader.election.enable': 'true', 'replica.lag.time.max.ms': '1000' },
  },
  ({ world, chance, bit }) => {
    const { broker, clock } = world
    const running = broker.brokerIds.filter(id => broker.isRunning(id))
    if (running.length < 2) return undefined
    const alone = chance.pick(running)
    const releases = broker.brokerIds.filter(id => id !== alone).map(id => world.hold(id))
    let over = false
    const cancel = clock.after(3_000, () => {
      if (!broker.isRunning(alone)) return
      world.end(alone, 'crashed')
      bit(`broker ${alone} crashed, the only one in sync`)
    })
    return () => {
      if (over) return
      over = true
      cancel()
      for (const release of releases) release()
      broker.startBroker(alone)
    }
  },
)

/** A broker crashes, and comes back with an empty disk. */
export const emptiedBrokers = recurring(
  'emptied brokers',
  { every: 12_000, lasts: 5_000 },
  ({ world, chance, bit }) => {
    const { broker, history } = world
    const running = broker.brokerIds.filter(id => broker.isRunning(id))
    if (running.length === 0) return undefined
    const id = chance.pick(running)
    world.end(id, 'crashed')
    return () => {
      // Nobody asks whether another was in sync with it.
      if (!broker.isRunning(id)) history.loss = lostDisk
      broker.startBroker(id, { empty: true })
      bit(`broker ${id} came back empty`)
    }
  },
)
