import type { Connection, Link } from '../network.ts'
import { type Fault, recurring, type Scene } from './fault.ts'

function victims({ world, chance }: Scene): { links: Link[]; what: string } {
  const hosts = world.living.map(({ name }) => name).filter(name => !world.network.sound.has(name))
  const someHosts = chance.is(0.3) ? hosts : chance.some(hosts, 1)
  const someBrokers = chance.is(0.3) ? [...world.broker.brokerIds] : [chance.pick(world.broker.brokerIds)]
  return {
    links: world.network.links(someHosts, someBrokers),
    what: `${someHosts.length === 1 ? someHosts[0] : 'all'} and ${someBrokers.join()}`,
  }
}

function cut(name: string, which: readonly ('upCut' | 'downCut')[], pace = { every: 12_000, lasts: 4_000 }): Fault {
  return recurring(name, pace, scene => {
    const { links, what } = victims(scene)
    for (const link of links) for (const way of which) link[way] = true
    scene.bit(`cut between ${what}`)
    return () => {
      for (const link of links) for (const way of which) link[way] = false
      scene.world.network.mended()
    }
  })
}

/** Nothing gets through, either way. */
export const partition = cut('partition', ['upCut', 'downCut'])
/** For longer than a write may take. */
export const longPartition = cut('long partition', ['upCut', 'downCut'], { every: 15_000, lasts: 30_000 })
/** Requests don't get through, answers do. */
export const upCut = cut('one-way partition to the broker', ['upCut'])
/** Requests get through, and their answers don't. */
export const downCut = cut('one-way partition from the broker', ['downCut'])

function connections({ world, chance }: Scene): Connection[] {
  const all = world.network.exposed()
  return all.length === 0 ? [] : chance.is(0.2) ? all : [chance.pick(all)]
}

export const resets = recurring('resets', { every: 3_000, lasts: 0, gentle: true }, scene => {
  const hit = connections(scene)
  for (const connection of hit) scene.world.network.reset(connection)
  if (hit.length > 0) scene.bit(`reset ${hit.length} connections, of ${hit[0]!.host} first`)
  return undefined
})

/** One end is told of the end, the other waits for what never comes. */
export const halfOpen = recurring('half-open connections', { every: 6_000, lasts: 0 }, scene => {
  const [connection] = connections(scene)
  if (connection === undefined) return undefined
  scene.world.network.reset(connection, scene.chance.is(0.5) ? 'client' : 'broker')
  scene.bit(`half of a connection of ${connection.host} to ${connection.broker}`)
  return undefined
})

export const slowLinks = recurring('slow links', { every: 8_000, lasts: 6_000 }, scene => {
  const { links, what } = victims(scene)
  const before = links.map(link => ({ ...link }))
  for (const link of links) {
    link.latency += scene.chance.between(50, 1_500)
    link.bandwidth = scene.chance.pick([1, 10, 100])
  }
  scene.bit(`slow between ${what}`)
  return () => {
    for (const [i, link] of links.entries()) {
      const { latency, bandwidth } = before[i]!
      Object.assign(link, { latency, bandwidth })
    }
  }
})

function dials(name: string, how: 'refused' | 'ignored'): Fault {
  return recurring(name, { every: 10_000, lasts: 4_000 }, scene => {
    const { links, what } = victims(scene)
    for (const link of links) link.dials = how
    // Else nobody would dial.
    const [connection] = connections(scene)
    if (connection !== undefined) scene.world.network.reset(connection)
    scene.bit(`dials ${how} between ${what}`)
    return () => {
      for (const link of links) link.dials = 'taken'
    }
  })
}

export const refusedDials = dials('refused dials', 'refused')
export const ignoredDials = dials('ignored dials', 'ignored')

/** A broker's name leads to another broker for a while, as after addresses were given anew. */
export const wrongNames = recurring('wrong names', { every: 10_000, lasts: 4_000 }, ({ world, chance, bit }) => {
  const { brokerIds } = world.broker
  // Older brokers can't be asked who they are (KIP-1242): what was dialed meanwhile leads astray until it ends.
  if (brokerIds.length < 2 || world.release !== '4.4') return undefined
  const [one, other] = chance.some(brokerIds, 2) as [number, number]
  world.network.moveName(world.broker.address(one), other)
  for (const connection of world.network.exposed()) if (connection.broker === one) world.network.reset(connection)
  bit(`the name of broker ${one} leads to ${other}`)
  return () => world.network.moveName(world.broker.address(one), one)
})

/** A broker is given another address for good. The first stays: new programs begin there. */
export const movedBrokers = recurring('moved brokers', { every: 12_000, lasts: 0 }, ({ world, chance, bit }) => {
  const [, ...others] = world.broker.brokerIds
  if (others.length === 0) return undefined
  const id = chance.pick(others)
  world.network.moveBroker(id)
  for (const connection of world.network.exposed()) if (connection.broker === id) world.network.reset(connection)
  bit(`broker ${id} has moved`)
  return undefined
})

/** Nothing is behind a broker's name. */
export const lostNames = recurring('lost names', { every: 10_000, lasts: 4_000 }, ({ world, chance, bit }) => {
  const id = chance.pick(world.broker.brokerIds)
  world.network.moveName(world.broker.address(id), -1)
  for (const connection of world.network.exposed())
    if (connection.broker === id && chance.is(0.5)) world.network.reset(connection)
  bit(`nobody knows the name of broker ${id}`)
  return () => world.network.moveName(world.broker.address(id), id)
})
