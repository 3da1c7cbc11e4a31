import { recurring } from './fault.ts'

/** A laptop's lid is closed, or a Worker put aside. */
export const sleepingHosts = recurring(
  'sleeping hosts',
  { every: 10_000, lasts: 8_000 },
  ({ world, running, chance, bit }) => {
    const awake = running.flatMap(({ hosts }) => hosts).filter(({ isAwake }) => isAwake)
    if (awake.length === 0) return undefined
    const host = chance.pick(awake)
    const wake = world.putToSleep(host)
    bit(`${host.name} fell asleep`)
    return wake
  },
)

/** Members of groups die; others come in their place. */
export const crashedMembers = recurring(
  'crashed members',
  { every: 15_000, lasts: 0 },
  ({ world, running, chance, bit }) => {
    const members = running.filter(({ replaces }) => replaces).flatMap(({ hosts }) => hosts)
    const awake = members.filter(({ isAwake }) => isAwake)
    if (awake.length === 0) return undefined
    const host = chance.pick(awake)
    world.crash(host, chance.is(0.5))
    bit(`${host.name} crashed`)
    return undefined
  },
)
