import type { Clock } from '../../src/base/clock.ts'
import type { Chance } from './chance.ts'

/** The time of a world. */
export interface WorldClock extends Clock {
  random(): number
  /** As Natives.defer: after this turn's promises. */
  readonly defer: (task: () => void) => void
  sleep(milliseconds: number): Promise<void>
  /** Lets time pass until `done`. */
  run(done: () => boolean): Promise<void>
}

interface Timer {
  readonly at: number
  /** Of timers for the same moment the first set goes off first. */
  readonly turn: number
  task: (() => void) | undefined
}

/** So many turns in one moment are a loop without a pause. */
const mostTurns = 100_000
/** 14 November 2023: any moment does, as long as it is the same in each run. */
const epoch = 1_700_000_000_000

/** Lets everything that waits for nothing but a promise go on: until the runtime's next turn. */
const settle = typeof setImmediate === 'function' ? settleByImmediates() : settleByChannel()

/** Many turns are asked for at once: between two of them promises go on, and the runtime does not look for anything else. */
function settleByImmediates(): () => Promise<void> {
  const atOnce = 256
  let asked = 0
  let waiting: (() => void)[] = []
  const turn = (): void => {
    asked--
    const due = waiting
    waiting = []
    for (const go of due) go()
  }
  return () =>
    new Promise<void>(resolve => {
      waiting.push(resolve)
      if (asked === 0) for (; asked < atOnce; asked++) setImmediate(turn)
    })
}

function settleByChannel(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel()
  let go = (): void => {}
  port1.addEventListener('message', () => go())
  port1.start()
  return () =>
    new Promise<void>(resolve => {
      go = resolve
      port2.postMessage(null)
    })
}

/**
 * The time of a world, which passes only when nothing else is left to do: it leaps from timer to timer. What is
 * deferred has its turn first. One seed, one order of things.
 */
export class SimulatedClock implements WorldClock {
  readonly #chance: Chance
  #time = 0
  #turn = 0
  /** A heap: the next to go off is the first. */
  readonly #timers: Timer[] = []
  #deferred: (() => void)[] = []

  constructor(chance: Chance) {
    this.#chance = chance
  }

  now(): number {
    return epoch + Math.floor(this.#time)
  }

  monotonic(): number {
    return this.#time
  }

  random(): number {
    return this.#chance.number()
  }

  after(milliseconds: number, task: () => void): () => void {
    const timer: Timer = { at: this.#time + Math.max(0, milliseconds), turn: this.#turn++, task }
    this.#push(timer)
    return () => {
      timer.task = undefined
    }
  }

  readonly defer = (task: () => void): void => {
    this.#deferred.push(task)
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise(resolve => this.after(milliseconds, resolve))
  }

  /** Lets time pass until `done`, or until there is nothing more to happen. */
  async run(done: () => boolean): Promise<void> {
    let since = this.#time
    for (let turns = 0; ; turns++) {
      if (this.#time > since) {
        since = this.#time
        turns = 0
      } else if (turns > mostTurns) throw new Error(`something goes on for ever at ${since} ms, and takes no time`)
      await settle()
      if (done()) return
      if (this.#deferred.length > 0) {
        const due = this.#deferred
        this.#deferred = []
        for (const task of due) task()
        continue
      }
      const timer = this.#next()
      if (timer === undefined) throw new Error('the world stands still: nothing is left that could happen')
      this.#time = Math.max(this.#time, timer.at)
      timer.task!()
    }
  }

  #push(timer: Timer): void {
    const heap = this.#timers
    let at = heap.push(timer) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (isBefore(heap[parent]!, timer)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = timer
  }

  #next(): Timer | undefined {
    for (;;) {
      const first = this.#pop()
      if (first === undefined || first.task !== undefined) return first
    }
  }

  #pop(): Timer | undefined {
    const heap = this.#timers
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (isBefore(last!, heap[child]!)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last!
    return first
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.turn < b.turn)
}
