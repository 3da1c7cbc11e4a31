import type { Chance } from './chance.ts'
import type { Scene } from './faults/fault.ts'
import type { Logged } from './history.ts'
import { judges } from './judges/index.ts'
import { type Anomaly, type Evidence, placeOf } from './judges/judge.ts'
import type { Plan } from './plan.ts'
import type { Running, Workload } from './workloads/workload.ts'
import { copies, topic, type World } from './world.ts'

/** Once nothing goes wrong any more, all that was asked for is done within so long, in milliseconds. */
const calm = 60_000
/** And everything can be closed within so long. */
const closing = 120_000
/** What a dial or a request that was given up has still set goes off within so long. */
const lastTimers = 60_000

interface Program {
  readonly workload: Workload
  readonly id: string
  readonly running: Running
}

/** What happens in one world, from its beginning to its end. */
export class Course {
  readonly anomalies: Anomaly[] = []
  /** How often each fault hit something. */
  readonly bites: Map<string, number>
  readonly #plan: Plan
  readonly #world: World
  readonly #chance: Chance
  readonly #programs: readonly Program[]
  #isOver = false
  /** End the waiting of faults. */
  readonly #ending: (() => void)[] = []

  constructor(plan: Plan, world: World, chance: Chance) {
    this.#plan = plan
    this.#world = world
    this.#chance = chance
    this.bites = new Map(plan.faults.map(({ name }) => [name, 0]))
    this.#programs = plan.workloads.flatMap((workload, at) => {
      if (workload === null) return []
      const id = `${workload.name} ${at + 1}`
      return [{ workload, id, running: workload.start(world, id) }]
    })
  }

  async play(): Promise<void> {
    const { clock, broker } = this.#world
    await this.#trouble()
    await clock.sleep(calm / 2)
    // Writers first: what they wrote is then to be read.
    await this.#stop('writers', ({ workload }) => workload.role === 'writes')
    const log = await this.#world.contents()
    const committed = await this.#committedOf(topic)
    const audiences = this.#programs.filter(({ workload }) => workload.role === 'reads').map(({ id }) => id)
    const until = clock.monotonic() + calm
    while (clock.monotonic() < until && !this.#haveSeen(audiences, log, committed)) await clock.sleep(500)
    await this.#stop('others', ({ workload }) => workload.role !== 'writes')
    const withCopies = this.#programs.some(({ workload }) => workload.copies)
    const copied = withCopies ? await this.#committedOf(copies) : []
    for (const { running, id } of this.#programs) {
      const excess = running.excess?.()
      if (excess !== undefined) this.#found('excess', `${id}: ${excess}`)
    }
    await clock.sleep(lastTimers)
    this.#lookForRemains()
    this.#judge({ log, committed, copies: copied, audiences })
    await broker.close()
  }

  async #committedOf(name: string): Promise<Logged[]> {
    try {
      return await this.#world.contents(name, 'read_committed')
    } catch (error) {
      this.#found('hanging transaction', String(error))
      return []
    }
  }

  async #trouble(): Promise<void> {
    const { clock, history } = this.#world
    const { faults, trouble } = this.#plan
    const playing = faults.map(fault =>
      fault.play(this.#scene(fault.name)).catch(error => this.#found('broken', `${fault.name}: ${error}`)),
    )
    clock.after(trouble, () => {
      this.#isOver = true
      history.note('! calm')
      for (const end of this.#ending) end()
    })
    await clock.sleep(trouble)
    await Promise.all(playing)
  }

  #scene(name: string): Scene {
    const { clock, history } = this.#world
    return {
      world: this.#world,
      chance: this.#chance.of(`fault ${name}`),
      running: this.#programs.map(({ running }) => running),
      isOver: () => this.#isOver,
      sleep: milliseconds =>
        new Promise(resolve => {
          if (this.#isOver) return resolve()
          clock.after(milliseconds, resolve)
          this.#ending.push(resolve)
        }),
      bit: what => {
        this.bites.set(name, this.bites.get(name)! + 1)
        history.note(`! ${what}`)
      },
    }
  }

  async #stop(what: string, whether: (program: Program) => boolean): Promise<void> {
    const stopping = this.#programs.filter(whether)
    let left = stopping.length
    const ends = stopping.map(({ running, id }) =>
      running.stop().then(
        () => void left--,
        error => this.#found('broken', `${id}: ${error}`),
      ),
    )
    const late = this.#world.clock.sleep(closing).then(() => true)
    if (await Promise.race([Promise.all(ends).then(() => false), late]))
      this.#found('stuck', `${left} ${what} could not be stopped`)
  }

  #haveSeen(audiences: readonly string[], log: readonly Logged[], committed: readonly Logged[]): boolean {
    this.#world.history.tellLives(log)
    const seen = new Map(audiences.map(name => [name, new Set<string>()]))
    for (const each of this.#world.history.delivered)
      seen.get(each.group === '' ? each.reader : each.group)?.add(placeOf(each))
    return [...seen].every(([name, places]) => {
      const wanted = this.#committedAudiences.includes(name) ? committed : log
      return wanted.every(each => places.has(placeOf(each)))
    })
  }

  #lookForRemains(): void {
    const { living, hosts, network } = this.#world
    for (const { timers, name } of living) if (timers > 0) this.#found('left behind', `${timers} timers of ${name}`)
    for (const { host, broker } of network.connections)
      if (!hosts.find(({ name }) => name === host)?.isDead)
        this.#found('left behind', `a connection of ${host} to ${broker}`)
  }

  get #committedAudiences(): string[] {
    return this.#programs.filter(({ workload }) => workload.readsCommitted).map(({ id }) => id)
  }

  #judge(found: Pick<Evidence, 'log' | 'committed' | 'copies' | 'audiences'>): void {
    const { history, hosts } = this.#world
    history.tellLives(found.log)
    const efforts = hosts.map(({ name, efforts }) => ({ name, efforts }))
    const gentle = this.#plan.faults.every(fault => fault.gentle)
    const committedAudiences = this.#committedAudiences
    const evidence = { ...found, committedAudiences, history, efforts, gentle, calmAt: this.#plan.trouble }
    for (const judge of judges) this.anomalies.push(...judge(evidence))
  }

  #found(kind: string, what: string): void {
    this.anomalies.push({ kind, what })
  }
}
