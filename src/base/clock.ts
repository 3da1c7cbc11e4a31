/** Time as the library sees it. Tests and the embedded broker may give their own. */
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
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(milliseconds, task) {
    // Longer waits than a 32-bit timer holds would fire at once.
    const handle = setTimeout(task, Math.min(Math.max(0, milliseconds), 0x7fffffff))
    return () => clearTimeout(handle)
  },
}
