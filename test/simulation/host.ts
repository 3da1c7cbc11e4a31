import type { Clock } from '../../src/base/clock.ts'
import type { ClientEvent } from '../../src/base/events.ts'
import type { Natives } from '../../src/socket/socket.ts'
import type { TransportConfig } from '../../src/transport/config.ts'
import { Transport } from '../../src/transport/transport.ts'
import type { Chance } from './chance.ts'
import type { WorldClock } from './clock.ts'
import type { Network } from './network.ts'

/** What a host does that costs others something. */
export type Effort = 'dial' | 'metadata' | 'join' | 'retry' | 'request'

/**
 * A machine with one program on it. It may fall asleep, as behind a laptop's lid: nothing of it goes on until it wakes,
 * and its timers come late. It may crash: nothing of it ever goes on.
 */
export class Host {
  readonly name: string
  readonly clock: Clock
  /** When it did what, by the minute of the world's time: how often. */
  readonly efforts = new Map<string, number>()
  /** Timers that wait to go off. */
  timers = 0
  readonly #world: WorldClock
  readonly #network: Network
  readonly #chance: Chance
  readonly #natives: Natives
  #state: 'awake' | 'asleep' | 'dead' = 'awake'
  /** What was to be done while it slept. */
  #missed: (() => void)[] = []
  /** Hears of everything the host's transports tell. */
  onEvent: (event: ClientEvent) => void = () => {}

  constructor(name: string, world: WorldClock, network: Network, chance: Chance) {
    this.name = name
    this.#world = world
    this.#network = network
    this.#chance = chance
    this.clock = {
      now: () => world.now(),
      monotonic: () => world.monotonic(),
      random: () => chance.number(),
      after: (milliseconds, task) => this.#after(milliseconds, task),
    }
    this.#natives = { defer: task => world.defer(() => this.#do(task)) }
  }

  get isDead(): boolean {
    return this.#state === 'dead'
  }

  get isAwake(): boolean {
    return this.#state === 'awake'
  }

  transport(config: TransportConfig = {}): Transport {
    return new Transport({
      ...config,
      adapter: this.#network.adapter(this.name, () => this.#state !== 'awake'),
      clock: this.clock,
      natives: this.#natives,
      logger: null,
      onEvent: event => {
        this.#count(event)
        this.onEvent(event)
      },
    })
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise(resolve => this.#after(milliseconds, resolve))
  }

  /** Chance for what runs here. */
  chance(name: string): Chance {
    return this.#chance.of(name)
  }

  fallAsleep(): void {
    if (this.#state === 'awake') this.#state = 'asleep'
  }

  wake(): void {
    if (this.#state !== 'asleep') return
    this.#state = 'awake'
    const missed = this.#missed
    this.#missed = []
    for (const task of missed) task()
    this.#network.mended()
  }

  /** `heard`: brokers see the connections end, as when a process is killed; else nothing, as when power fails. */
  crash(heard: boolean): void {
    this.#state = 'dead'
    this.#missed = []
    for (const connection of [...this.#network.connections])
      if (connection.host === this.name) this.#network.reset(connection, heard ? 'broker' : 'client')
  }

  #after(milliseconds: number, task: () => void): () => void {
    this.timers++
    let left = true
    const over = (): void => {
      if (left) this.timers--
      left = false
    }
    const cancel = this.#world.after(milliseconds, () => {
      over()
      this.#do(task)
    })
    return () => {
      over()
      cancel()
    }
  }

  #do(task: () => void): void {
    if (this.#state === 'awake') task()
    else if (this.#state === 'asleep') this.#missed.push(task)
  }

  #add(effort: Effort): void {
    const name = `${effort} ${Math.floor(this.#world.monotonic() / 60_000)}`
    this.efforts.set(name, (this.efforts.get(name) ?? 0) + 1)
  }

  #count(event: ClientEvent): void {
    if (event.type === 'connect' || event.type === 'connectFailed') this.#add('dial')
    else if (event.type === 'retry') this.#add('retry')
    else if (event.type === 'request') {
      this.#add('request')
      if (event.api === 'Metadata') this.#add('metadata')
      else if (event.api === 'JoinGroup') this.#add('join')
    }
  }
}
