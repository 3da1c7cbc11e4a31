import { type Clock, randomOf, systemClock } from '../base/clock.ts'
import type { Natives } from '../socket/socket.ts'

/**
 * What runs on its own, a connection or a timer that sets the next, must not keep alive what its first caller had in an
 * AsyncLocalStorage.
 */
export type Detached = <T>(task: () => T) => T

export function detachedOf(natives: Natives): Detached {
  return natives.detached?.bind(natives) ?? (task => task())
}

/** The clock with its timers detached, and with those of the runtime that keep no program alive. */
export function detachedClock(given: Clock | undefined, natives: Natives, detached: Detached): Clock {
  const clock = given ?? systemClock
  const background = given === undefined ? natives.background?.bind(natives) : given.background?.bind(given)
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after: (milliseconds, task) => detached(() => clock.after(milliseconds, task)),
    random: () => randomOf(clock),
    ...(background && { background: (milliseconds, task) => detached(() => background(milliseconds, task)) }),
  }
}

/** A timer that the program need not stay alive for. */
export function inBackground(clock: Clock, milliseconds: number, task: () => void): () => void {
  return clock.background?.(milliseconds, task) ?? clock.after(milliseconds, task)
}
