/**
 * The order in which Zstandard's finite state entropy tables are filled: which symbol each of the 2^log states stands for. Symbols of probability
 * "below one" (-1) have one state each at the end, the others theirs strewn over the rest.
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

/** A table to decode by. Each state's entry: its symbol << 24 | bits to read << 16 | what to add to them for the next state. */
export interface DecodingTable {
  readonly log: number
  readonly entries: Uint32Array
}

export function decodingTable(distribution: ArrayLike<number>, log: number): DecodingTable {
  const symbols = spread(distribution, log)
  const next = Uint16Array.from(distribution, count => Math.abs(count))
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
