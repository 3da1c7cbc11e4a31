import { Chance } from './chance.ts'
import { SimulatedClock, type WorldClock } from './clock.ts'
import type { Fault, Scene } from './faults/fault.ts'
import { faults } from './faults/index.ts'
import { judges } from './judges/index.ts'
import type { Anomaly } from './judges/judge.ts'
import { workloads } from './workloads/index.ts'
import type { Workload } from './workloads/workload.ts'
import { World } from './world.ts'

/** What is played. All of it follows from the seed unless it is given. */
export interface Plan {
  readonly seed: number
  readonly brokers: number
  readonly partitions: number
  /** How long things go wrong, in milliseconds of the world's time. */
  readonly trouble: number
  readonly faults: readonly Fault[]
  /** null holds a place that was left empty. */
  readonly workloads: readonly (Workload | null)[]
}

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

/** Once nothing goes wrong any more, all that was asked for is done within so long, in milliseconds. */
const calm = 60_000
/** And the world comes to its end. */
const longest = 900_000
/** And everything can be closed within so long. */
const closing = 120_000

export function planOf(seed: number, given: Partial<Plan> = {}): Plan {
  const chance = new Chance(seed).of('plan')
  const brokers = chance.whole(1, 5)
  const partitions = chance.whole(1, 8)
  const trouble = chance.whole(20_000, 90_000)
  const chosenFaults = chance.some([...faults.values()], chance.whole(0, 4))
  const writers = [...workloads.values()].filter(({ name }) => name.includes('writer'))
  const others = [...workloads.values()].filter(({ name }) => !name.includes('writer'))
  const chosenWorkloads = [...chance.some(writers, chance.whole(1, 2)), ...chance.some(others, chance.whole(1, 3))]
  return { seed, brokers, partitions, trouble, faults: chosenFaults, workloads: chosenWorkloads, ...given }
}

/** Plays a plan. On its own clock the same one comes out the same, byte for byte, wherever it is played. */
export async function simulate(
  plan: Plan,
  clockOf: (chance: Chance) => WorldClock = chance => new SimulatedClock(chance),
): Promise<Outcome> {
  const began = performance.now()
  const chance = new Chance(plan.seed)
  const world = new World(chance, clockOf(chance.of('clock')), plan)
  const { clock, history, broker } = world
  const bites = new Map(plan.faults.map(({ name }) => [name, 0]))
  const anomalies: Anomaly[] = []
  const running = plan.workloads.flatMap((workload, at) => (workload === null ? [] : [started(workload, at, world)]))
  let over = false
  const ending: (() => void)[] = []
  const scene = (name: string): Scene => ({
    world,
    chance: chance.of(`fault ${name}`),
    running: running.map(({ program }) => program),
    isOver: () => over,
    sleep: milliseconds =>
      new Promise(resolve => {
        if (over) return resolve()
        clock.after(milliseconds, resolve)
        ending.push(resolve)
      }),
    bit: what => {
      bites.set(name, bites.get(name)! + 1)
      history.note(`! ${what}`)
    },
  })
  const playing = plan.faults.map(fault => fault.play(scene(fault.name)))
  clock.after(plan.trouble, () => {
    over = true
    history.note('! calm')
    for (const end of ending) end()
  })
  let ended = false
  const whole = (async () => {
    await clock.sleep(plan.trouble)
    await Promise.all(playing)
    await clock.sleep(calm / 2)
    // Writers first: what they wrote is then to be read.
    await inTime(
      'writers',
      running.filter(({ workload }) => workload.name.includes('writer')),
    )
    const log = await world.contents()
    const audiences = running.filter(({ workload }) => workload.reads).map(({ id }) => id)
    const places = log.map(({ partition, offset }) => `${partition}/${offset}`)
    const allSeen = (): boolean => {
      const seen = new Map<string, Set<string>>()
      for (const { group, reader, partition, offset } of history.delivered) {
        const name = group === '' ? reader : group
        if (!seen.has(name)) seen.set(name, new Set())
        seen.get(name)!.add(`${partition}/${offset}`)
      }
      return audiences.every(name => places.every(place => seen.get(name)?.has(place)))
    }
    const until = clock.monotonic() + calm
    while (clock.monotonic() < until && !allSeen()) await clock.sleep(500)
    await inTime(
      'readers',
      running.filter(({ workload }) => !workload.name.includes('writer')),
    )
    for (const { program, id } of running) {
      const excess = program.excess?.()
      if (excess !== undefined) anomalies.push({ kind: 'excess', what: `${id}: ${excess}` })
    }
    // What a dial or a request that was given up still has set goes off.
    await clock.sleep(60_000)
    for (const host of world.living)
      if (host.timers > 0) anomalies.push({ kind: 'left behind', what: `${host.timers} timers of ${host.name}` })
    for (const { host, broker: id } of world.network.connections)
      if (!world.hosts.find(({ name }) => name === host)?.isDead)
        anomalies.push({ kind: 'left behind', what: `a connection of ${host} to ${id}` })
    const efforts = world.hosts.map(({ name, efforts }) => ({ name, efforts }))
    const gentle = plan.faults.every(fault => fault.gentle)
    for (const judge of judges)
      anomalies.push(...judge({ history, log, audiences, efforts, gentle, calmAt: plan.trouble }))
    await broker.close()
  })().finally(() => {
    ended = true
  })

  async function inTime(what: string, all: typeof running): Promise<void> {
    let left = all.length
    const done = Promise.all(
      all.map(({ program, id }) =>
        program.stop().then(
          () => void left--,
          error => void anomalies.push({ kind: 'broken', what: `${id}: ${error}` }),
        ),
      ),
    )
    const result = await Promise.race([done, clock.sleep(closing).then(() => 'late')])
    if (result === 'late') anomalies.push({ kind: 'stuck', what: `${left} ${what} could not be stopped` })
  }

  await clock
    .run(() => ended || clock.monotonic() > plan.trouble + longest)
    .catch(error => void anomalies.push({ kind: 'standstill', what: String(error) }))
  if (!ended) anomalies.push({ kind: 'stuck', what: 'the world does not come to an end' })
  else await whole.catch(error => void anomalies.push({ kind: 'broken', what: `${error?.stack ?? error}` }))
  return {
    plan,
    anomalies,
    bites,
    trace: history.trace,
    messages: history.sent.size,
    simulatedMs: clock.monotonic(),
    realMs: performance.now() - began,
  }
}

function started(workload: Workload, at: number, world: World) {
  const id = `${workload.name} ${at + 1}`
  return { workload, id, program: workload.start(world, id) }
}
