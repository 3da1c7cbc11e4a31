import { Chance } from './chance.ts'
import { SimulatedClock, type WorldClock } from './clock.ts'
import { Course } from './course.ts'
import type { Anomaly } from './judges/judge.ts'
import type { Plan } from './plan.ts'
import { World } from './world.ts'

export interface Outcome {
  readonly plan: Plan
  readonly anomalies: readonly Anomaly[]
  /** How often each fault hit something. */
  readonly bites: ReadonlyMap<string, number>
  readonly trace: readonly string[]
  readonly messages: number
  /** Milliseconds of the world's time, and of ours. */
  readonly simulatedMs: number
  readonly realMs: number
}

/** The world comes to its end within so long after the trouble, in milliseconds. */
const longest = 900_000

/** Plays a plan. On its own clock the same one comes out the same, byte for byte, wherever it is played. */
export async function simulate(
  plan: Plan,
  clockOf: (chance: Chance) => WorldClock = chance => new SimulatedClock(chance),
): Promise<Outcome> {
  const began = performance.now()
  const chance = new Chance(plan.seed)
  const clock = clockOf(chance.of('clock'))
  const configs = Object.assign({}, ...plan.faults.map(fault => fault.configs))
  const withCopies = plan.workloads.some(workload => workload?.copies === true)
  const world = new World(chance, clock, { ...plan, configs, copies: withCopies })
  const course = new Course(plan, world, chance)
  const { anomalies, bites } = course
  let ended = false
  const playing = course.play().finally(() => {
    ended = true
  })
  await clock
    .run(() => ended || clock.monotonic() > plan.trouble + longest)
    .catch(error => void anomalies.push({ kind: 'standstill', what: String(error) }))
  if (!ended) anomalies.push({ kind: 'stuck', what: 'the world does not come to an end' })
  else await playing.catch(error => void anomalies.push({ kind: 'broken', what: `${error?.stack ?? error}` }))
  const { trace, sent } = world.history
  const simulatedMs = clock.monotonic()
  return { plan, anomalies, bites, trace, messages: sent.size, simulatedMs, realMs: performance.now() - began }
}
