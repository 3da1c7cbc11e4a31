/**
 * Time and chance as the library sees them, from nowhere else: a program whose clock is its own, Natives.defer
 * included, goes the same way each time.
 */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /**
   * Milliseconds since some fixed moment; never jumps, whatever happens to the wall clock. For durations and deadlines.
   */
  monotonic(): number
  /** Calls `task` once after `milliseconds`; the answer cancels it. */
  after(milliseconds: number, task: () => void): () => void
  /** As `after`, for work that the program need not stay alive for. Default: `after`. */
  background?(milliseconds: number, task: () => void): () => void
  /** Any number from 0 up to, but not, 1: for jitter, choices and ids. Default: Math.random. */
  random?(): number
}

/** The system's time: Date, `performance` and setTimeout. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(milliseconds, task) {
    // Longer waits than a 32-bit timer holds would fire at once.
    const handle = setTimeout(task, Math.min(Math.max(0, milliseconds), 0x7fffffff))
    return () => clearTimeout(handle)
  },
}

/** What the clock's chance has it to be: from 0 up to, but not, 1. */
export function randomOf(clock: Clock): number {
  return clock.random?.() ?? systemRandom()
}

export function systemRandom(): number {
  return Math.random()
}

/** Sixteen bytes of chance, which nobody can guess unless the clock brings a chance of its own. */
export function randomBytes16(clock: Clock): Uint8Array {
  if (clock.random === undefined) return crypto.getRandomValues(new Uint8Array(16))
  return Uint8Array.from({ length: 16 }, () => Math.floor(randomOf(clock) * 256))
}
