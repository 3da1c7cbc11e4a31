/** One line of the table. Times are nanoseconds of a record or a byte, as `what` says. */
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

const turns = 11
const turnMs = 60

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
    while (++calls < 3 || worked() - begin < turnMs)
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

/**
 * Ours beside a peer's: the median turn of each. The ratio is the median of each turn's own, as the machine's speed changes from one turn to the
 * next and hits both in a turn alike.
 */
export function versus(what: string, units: number, ours: () => unknown, peer: string, theirs: () => unknown, goal: string): Row {
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

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}

/** JSON lines as topics hold them: names again and again, numbers and identifiers that differ. */
export function jsonLines(length: number): Uint8Array {
  let state = 42
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0)
  const lines: string[] = []
  for (let size = 0; size < length; size += lines.at(-1)!.length) {
    const status = ['paid', 'open', 'shipped', 'returned'][next() >>> 30]
    lines.push(
      `{"id":"${next().toString(16)}${next().toString(16)}","customer":${next() % 10_000},"status":"${status}","amount":${next() % 1e6}}\n`,
    )
  }
  return new TextEncoder().encode(lines.join('')).slice(0, length)
}
