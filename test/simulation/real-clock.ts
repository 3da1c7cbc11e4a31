import { systemClock } from '../../src/base/clock.ts'
import { deferOf } from '../../src/transport/defer.ts'
import type { Chance } from './chance.ts'
import type { WorldClock } from './clock.ts'

/** The time of a world that is played as time passes: what happens when is the runtime's to say, and differs each time. */
export class RealClock implements WorldClock {
  readonly defer = deferOf({})
  readonly random: () => number
  readonly #began = systemClock.monotonic()

  constructor(chance: Chance) {
    this.random = chance.number
  }

  now(): number {
    return systemClock.now()
  }

  monotonic(): number {
    return systemClock.monotonic() - this.#began
  }

  after(milliseconds: number, task: () => void): () => void {
    return systemClock.after(milliseconds, task)
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise(resolve => this.after(milliseconds, resolve))
  }

  async run(done: () => boolean): Promise<void> {
    while (!done()) await this.sleep(20)
  }
}
