import { CreatePartitions } from '../../../src/protocol/create-partitions.ts'
import { ErrorCode } from '../../../src/protocol/errors.ts'
import { Fetch } from '../../../src/protocol/fetch.ts'
import { Heartbeat } from '../../../src/protocol/heartbeat.ts'
import { InitProducerId } from '../../../src/protocol/init-producer-id.ts'
import { JoinGroup } from '../../../src/protocol/join-group.ts'
import { Metadata } from '../../../src/protocol/metadata.ts'
import { OffsetCommit } from '../../../src/protocol/offset-commit.ts'
import { Produce } from '../../../src/protocol/produce.ts'
import { SyncGroup } from '../../../src/protocol/sync-group.ts'
import { topic } from '../world.ts'
import { recurring } from './fault.ts'

/** A broker that is shut down, and is back some time later. */
export const stoppedBrokers = recurring(
  'stopped brokers',
  { every: 15_000, lasts: 6_000 },
  ({ world, chance, bit }) => {
    const running = world.broker.brokerIds.filter(id => world.broker.isRunning(id))
    if (running.length === 0 || (running.length === 1 && chance.is(0.7))) return undefined
    const id = chance.pick(running)
    world.end(id, 'stopped')
    bit(`broker ${id} stopped`)
    return () => world.broker.startBroker(id)
  },
)

/** A broker that was shut down is back, and takes a while to know what it is responsible for. */
export const slowStarts = recurring('slow starts', { every: 15_000, lasts: 6_000 }, ({ world, chance, bit }) => {
  const { broker, clock } = world
  const running = broker.brokerIds.filter(id => broker.isRunning(id))
  if (running.length === 0 || (running.length === 1 && chance.is(0.5))) return undefined
  const id = chance.pick(running)
  world.end(id, 'stopped')
  const undo = [clock.after(chance.wait(1_000), () => broker.startBroker(id))]
  const loading = { errorCode: ErrorCode.GroupLoadInProgress }
  const told = (what: string): void => bit(`broker ${id} does not know ${what} yet`)
  for (const api of [JoinGroup, SyncGroup, Heartbeat])
    undo.push(
      broker.control(api, (_request, { brokerId }) => {
        if (brokerId !== id) return undefined
        told('its groups')
        return { ...blankAnswers[api.name], ...loading } as never
      }),
    )
  undo.push(
    broker.control(Metadata, async (_request, { brokerId, apply }) => {
      if (brokerId !== id) return undefined
      const answer = await apply()
      if (answer === null) return null
      told('the topics')
      const unknown = { errorCode: ErrorCode.UnknownTopicOrPartition, partitions: [] }
      return { ...answer, topics: answer.topics.map(each => ({ ...each, ...unknown })) }
    }),
  )
  return () => {
    for (const each of undo) each()
    broker.startBroker(id)
  }
})

/** What is said along with an error, where something must be. */
const blankAnswers: Readonly<Record<string, object>> = {
  JoinGroup: { generationId: -1, protocolType: null, protocolName: null, leader: '', memberId: '', members: [] },
  SyncGroup: { protocolType: null, protocolName: null, assignment: new Uint8Array() },
  Heartbeat: {},
}

/** Changes are for the controller, and that is another broker by now: as with ZooKeeper, nobody passes them on. */
export const movedControllers = recurring(
  'moved controllers',
  { every: 8_000, lasts: 4_000, gentle: true },
  ({ world, chance, bit }) => {
    const { broker } = world
    if (broker.brokerIds.length < 2) return undefined
    const id = chance.pick(broker.brokerIds)
    const undo = [
      broker.control(Metadata, async (_request, { apply }) => {
        const answer = await apply()
        return answer && { ...answer, controllerId: id }
      }),
      broker.control(CreatePartitions, ({ topics }, { brokerId }) => {
        if (brokerId === id) return undefined
        bit(`broker ${brokerId} is no controller`)
        const results = topics.map(({ name }) => ({ name, errorCode: ErrorCode.NotController, errorMessage: null }))
        return { results }
      }),
    ]
    return () => {
      for (const each of undo) each()
    }
  },
)

export const movedLeaders = recurring(
  'moved leaders',
  { every: 4_000, lasts: 0, gentle: true },
  ({ world, chance, bit }) => {
    const running = world.broker.brokerIds.filter(id => world.broker.isRunning(id))
    if (running.length < 2 || world.partitions === 0) return undefined
    const partition = chance.whole(0, world.partitions - 1)
    const id = chance.pick(running)
    try {
      world.broker.moveLeader(topic, partition, id)
    } catch {
      // It is not in sync.
      return undefined
    }
    bit(`broker ${id} leads ${partition}`)
    return undefined
  },
)

export const movedCoordinators = recurring(
  'moved coordinators',
  { every: 8_000, lasts: 0 },
  ({ world, chance, bit }) => {
    const running = world.broker.brokerIds.filter(id => world.broker.isRunning(id))
    if (running.length < 2) return undefined
    const groups = [...new Set(world.history.delivered.map(({ group }) => group))].filter(name => name !== '')
    if (groups.length === 0) return undefined
    const group = chance.pick(groups)
    const id = chance.pick(running)
    world.broker.moveCoordinator('group', group, id)
    bit(`broker ${id} coordinates ${group}`)
    return undefined
  },
)

const lossy = [Produce, Fetch, JoinGroup, SyncGroup, Heartbeat, OffsetCommit, InitProducerId, Metadata]

/** A request is applied, its answer lost, and the connection ends. */
export const lostAnswers = recurring('lost answers', { every: 3_000, lasts: 2_000 }, ({ world, chance, bit }) => {
  const api = chance.pick(lossy)
  let lost = 0
  const times = chance.whole(1, 3)
  return world.broker.control(api, async (_request, context) => {
    if (lost >= times) return undefined
    lost++
    await context.apply()
    bit(`answer to ${api.name} lost`)
    return 'drop'
  })
})

/** Requests are answered after the client has given up. */
export const lateAnswers = recurring('late answers', { every: 6_000, lasts: 3_000 }, ({ world, chance, bit }) => {
  const api = chance.pick(lossy)
  return world.broker.control(api, async (_request, context) => {
    if (!chance.is(0.3)) return undefined
    const answer = await context.apply()
    await world.clock.sleep(chance.between(1_000, 15_000))
    bit(`answer to ${api.name} late`)
    return answer ?? null
  })
})

export const throttling = recurring('throttling', { every: 10_000, lasts: 3_000 }, ({ world, chance, bit }) => {
  const api = chance.is(0.5) ? chance.pick(lossy) : undefined
  world.broker.throttle(chance.whole(100, 3_000), api)
  bit('throttled')
  return () => world.broker.throttle(0, api)
})

/** A broker stands still, as by SIGSTOP: its kernel takes what comes, and nothing is done with it. */
export const frozenBrokers = recurring('frozen brokers', { every: 12_000, lasts: 5_000 }, ({ world, chance, bit }) => {
  const id = chance.pick(world.broker.brokerIds)
  const links = world.network.links(
    world.hosts.map(({ name }) => name),
    [id],
  )
  for (const link of links) {
    link.downCut = link.upCut = true
    link.dials = 'ignored'
  }
  bit(`broker ${id} stands still`)
  return () => {
    for (const link of links) {
      link.downCut = link.upCut = false
      link.dials = 'taken'
    }
    world.network.mended()
  }
})

/** A broker tells what was true a while ago. */
export const staleMetadata = recurring('stale metadata', { every: 5_000, lasts: 4_000 }, ({ world, chance, bit }) => {
  const late = chance.pick(world.broker.brokerIds)
  const old = new Map<string, unknown>()
  return world.broker.control(Metadata, async (request, context) => {
    if (context.brokerId !== late) return undefined
    const key = `${context.apiVersion} ${JSON.stringify(request)}`
    const answer = await context.apply()
    if (!old.has(key)) old.set(key, answer)
    else bit(`broker ${late} tells what is old`)
    return old.get(key) as typeof answer
  })
})

/** Metadata of one broker leaves out what another knows. */
export const partialMetadata = recurring(
  'partial metadata',
  { every: 5_000, lasts: 3_000 },
  ({ world, chance, bit }) => {
    const odd = chance.pick(world.broker.brokerIds)
    const kind = chance.pick(['no topics', 'no partitions', 'no leaders', 'a hole'] as const)
    return world.broker.control(Metadata, async (_request, context) => {
      if (context.brokerId !== odd) return undefined
      const answer = await context.apply()
      if (answer === null) return null
      const topics = answer.topics.map(each => {
        const { partitions } = each
        if (kind === 'no topics') return { ...each, errorCode: ErrorCode.UnknownTopicOrPartition, partitions: [] }
        if (kind === 'no partitions') return { ...each, partitions: [] }
        if (kind === 'a hole') return { ...each, partitions: partitions.slice(1) }
        const leaderless = { leaderId: -1, errorCode: ErrorCode.LeaderNotAvailable }
        return { ...each, partitions: partitions.map(partition => ({ ...partition, ...leaderless })) }
      })
      bit(`broker ${odd} tells of ${kind}`)
      return { ...answer, topics }
    })
  },
)

/** Errors that pass: of something that was done all the same, or could not be yet. */
export const refusals = recurring('refusals', { every: 4_000, lasts: 3_000 }, ({ world, chance, bit }) => {
  const share = chance.between(0.2, 1)
  const told = (what: string): void => bit(`${what} refused`)
  const takings = [
    () =>
      world.broker.control(Produce, async (_request, context) => {
        if (!chance.is(share)) return undefined
        const answer = await context.apply()
        if (answer === null) return null
        told('Produce')
        const code = chance.pick([ErrorCode.RequestTimedOut, ErrorCode.NotEnoughReplicasAfterAppend])
        const responses = answer.responses.map(each => ({
          ...each,
          partitionResponses: each.partitionResponses.map(one => ({ ...one, errorCode: one.errorCode || code })),
        }))
        return { ...answer, responses }
      }),
    () =>
      world.broker.control(OffsetCommit, async (_request, context) => {
        if (!chance.is(share)) return undefined
        const answer = await context.apply()
        if (answer === null) return null
        told('OffsetCommit')
        const topics = answer.topics.map(each => ({
          ...each,
          partitions: each.partitions.map(one => ({
            ...one,
            errorCode: one.errorCode || ErrorCode.GroupLoadInProgress,
          })),
        }))
        return { ...answer, topics }
      }),
    () =>
      world.broker.control(Heartbeat, (_request, _context) => {
        if (!chance.is(share)) return undefined
        told('Heartbeat')
        return { errorCode: chance.pick([ErrorCode.GroupLoadInProgress, ErrorCode.GroupCoordinatorNotAvailable]) }
      }),
    () =>
      world.broker.control(InitProducerId, (_request, _context) => {
        if (!chance.is(share)) return undefined
        told('InitProducerId')
        return { errorCode: ErrorCode.GroupLoadInProgress, producerId: -1n, producerEpoch: -1 }
      }),
  ]
  return chance.pick(takings)()
})
