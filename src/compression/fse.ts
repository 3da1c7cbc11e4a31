/**
 * The order in which Zstandard's finite state entropy tables are filled: which symbol each of the 2^log states stands
 * for. Symbols of probability "below one" (-1) have one state each at the end, the others theirs strewn over the rest.
 */
export function spread(distribution: ArrayLike<number>, log: number): Uint8Array {
  const size = 1 << log
  const symbols = new Uint8Array(size)
  let high = size - 1
  for (let symbol = 0; symbol < distribution.length; symbol++) if (distribution[symbol] === -1) symbols[high--] = symbol
  const step = (size >>> 1) + (size >>> 3) + 3
  let at = 0
  for (let symbol = 0; symbol < distribution.length; symbol++) {
    for (let i = 0; i < distribution[symbol]!; i++) {
      symbols[at] = symbol
      do at = (at + step) & (size - 1)
      while (at > high)
    }
  }
  return symbols
}

/**
 * A table to decode by. Each state's entry: its symbol << 24 | bits to read << 16 | what to add to them for the next
 * state.
 */
export interface DecodingTable {
  readonly log: number
  readonly entries: Uint32Array
}

export function decodingTable(distribution: ArrayLike<number>, log: number): DecodingTable {
  const symbols = spread(distribution, log)
  const next = new Uint16Array(distribution.length)
  for (let symbol = 0; symbol < next.length; symbol++) next[symbol] = Math.abs(distribution[symbol]!)
  const entries = new Uint32Array(1 << log)
  for (let state = 0; state < entries.length; state++) {
    const symbol = symbols[state]!
    const place = next[symbol]!++
    const bits = log - (31 - Math.clz32(place))
    entries[state] = (symbol << 24) | (bits << 16) | ((place << bits) - (1 << log))
  }
  return { log, entries }
}

/** The table of one symbol that takes no bits at all. */
export function singleSymbol(symbol: number): DecodingTable {
  return { log: 0, entries: Uint32Array.of(symbol << 24) }
}

/**
 * A table to encode by, last symbol first. A state is a number from 2^log to 2^(log + 1); taking a symbol in puts out
 * the state's lowest bits until it is between the symbol's count and twice that, and goes on to a state of that symbol.
 */
export interface EncodingTable {
  readonly log: number
  /** By symbol: states it has; where they begin in `states`; the most bits it puts out. */
  readonly counts: Uint16Array
  readonly starts: Uint16Array
  readonly mostBits: Uint8Array
  /** All states, by symbol, each symbol's in order. */
  readonly states: Uint16Array
}

export function encodingTable(distribution: ArrayLike<number>, log: number): EncodingTable {
  const symbols = spread(distribution, log)
  const counts = Uint16Array.from(distribution, count => Math.abs(count))
  const mostBits = Uint8Array.from(counts, count => (count === 0 ? 0 : log - (31 - Math.clz32(count))))
  const starts = new Uint16Array(counts.length)
  for (let symbol = 1; symbol < counts.length; symbol++) starts[symbol] = starts[symbol - 1]! + counts[symbol - 1]!
  const states = new Uint16Array(1 << log)
  const next = starts.slice()
  for (let place = 0; place < symbols.length; place++) states[next[symbols[place]!]!++] = (1 << log) + place
  return { log, counts, starts, mostBits, states }
}

/** The table of one symbol that takes no bits at all: it has one state. */
export function onlySymbol(symbol: number): EncodingTable {
  const size = symbol + 1
  return {
    log: 0,
    counts: new Uint16Array(size).fill(1, symbol),
    starts: new Uint16Array(size),
    mostBits: new Uint8Array(size),
    states: Uint16Array.of(1),
  }
}

/** Counts of symbols made to add up to 2^log, none of those that occur becoming 0. */
export function normalized(counts: ArrayLike<number>, log: number): Int16Array {
  let total = 0
  for (let symbol = 0; symbol < counts.length; symbol++) total += counts[symbol]!
  const distribution = new Int16Array(counts.length)
  let rest = 1 << log
  for (let symbol = 0; symbol < counts.length; symbol++) {
    if (counts[symbol] === 0) continue
    distribution[symbol] = Math.max(1, Math.floor((counts[symbol]! * 2 ** log) / total))
    rest -= distribution[symbol]!
  }
  // What rounding left over goes to the commonest; what it took too much is taken from it, or from the next while that
  // has more.
  for (; rest !== 0; ) {
    let most = 0
    for (let symbol = 1; symbol < counts.length; symbol++)
      if (distribution[symbol]! > distribution[most]!) most = symbol
    const change = rest > 0 ? rest : -Math.min(-rest, Math.max(1, distribution[most]! >>> 2))
    distribution[most]! += change
    rest -= change
  }
  return distribution
}
