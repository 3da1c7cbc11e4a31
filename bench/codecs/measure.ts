/** One line of the table. Times are nanoseconds of a byte, or of a record where `what` says so. */
export interface Row {
  readonly what: string
  readonly ours: number
  readonly peer?: string
  readonly theirs?: number
  /** Their time over ours. */
  readonly ratio: number
  /** What the ratio should be. */
  readonly goal: string
}

/** So long a body warms up: on a busy machine the compiler takes its time. */
const warmMs = 200
const turns = 9
const turnMs = 30

/** Milliseconds this process has worked: others may keep the machine busy. Garbage collection and compiling count. */
function worked(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Nanoseconds of CPU per unit of each body, which does so many units a call, in each turn; a turn of each in turn. */
function timesOf(units: number, bodies: readonly (() => unknown)[]): number[][] {
  const repeats = bodies.map(body => {
    // Warm, and how often it fits in a turn.
    const begin = worked()
    let calls = 0
    do body()
    while (++calls < 3 || worked() - begin < warmMs)
    return Math.max(1, Math.round((turnMs * calls) / (worked() - begin)))
  })
  return Array.from({ length: turns }, () =>
    bodies.map((body, i) => {
      const begin = worked()
      for (let call = 0; call < repeats[i]!; call++) body()
      return ((worked() - begin) * 1e6) / (repeats[i]! * units)
    }),
  )
}

/** The best turn of each body: what disturbs a measurement only ever makes it slower. */
export function bestOf(units: number, bodies: readonly (() => unknown)[]): number[] {
  const times = timesOf(units, bodies)
  return bodies.map((_, i) => Math.min(...times.map(turn => turn[i]!)))
}

/** The median turn of a body that has the process to itself. */
export function medianOf(units: number, body: () => unknown): number {
  return median(timesOf(units, [body]).map(([turn]) => turn!))
}

/**
 * Ours beside a peer's: the median turn of each. The ratio is the median of each turn's own, as the machine's speed
 * changes from one turn to the next and hits both in a turn alike.
 */
export function versus(
  what: string,
  units: number,
  ours: () => unknown,
  peer: string,
  theirs: () => unknown,
  goal: string,
): Row {
  const times = timesOf(units, [ours, theirs]) as [number, number][]
  return {
    what,
    ours: median(times.map(([own]) => own)),
    peer,
    theirs: median(times.map(([, other]) => other)),
    ratio: median(times.map(([own, other]) => other / own)),
    goal,
  }
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}
