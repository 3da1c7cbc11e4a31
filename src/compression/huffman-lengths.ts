interface Node {
  readonly weight: number
  readonly symbol: number
  readonly children: readonly [Node, Node] | undefined
}

/**
 * The lengths, at most `longest` bits, of the best prefix code for symbols that occur `counts` times; 0 for those that
 * don't. Two symbols at least. (Package-merge: to have a length of n bits, a symbol must be bought at n levels; pairs
 * of what is cheapest at one level are offered at the next.)
 */
export function huffmanLengths(counts: ArrayLike<number>, longest: number): Uint8Array {
  const leaves: Node[] = []
  for (let symbol = 0; symbol < counts.length; symbol++)
    if (counts[symbol]! > 0) leaves.push({ weight: counts[symbol]!, symbol, children: undefined })
  leaves.sort((a, b) => a.weight - b.weight || a.symbol - b.symbol)
  let offered = leaves
  for (let level = 1; level < longest; level++) {
    const packages: Node[] = []
    for (let i = 0; i + 1 < offered.length; i += 2) {
      const [a, b] = [offered[i]!, offered[i + 1]!]
      packages.push({ weight: a.weight + b.weight, symbol: -1, children: [a, b] })
    }
    offered = merged(leaves, packages)
  }
  const lengths = new Uint8Array(counts.length)
  const bought = offered.slice(0, 2 * leaves.length - 2)
  for (let node = bought.pop(); node !== undefined; node = bought.pop()) {
    if (node.children === undefined) lengths[node.symbol]!++
    else bought.push(...node.children)
  }
  return lengths
}

function merged(a: readonly Node[], b: readonly Node[]): Node[] {
  const all: Node[] = []
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (j >= b.length || (i < a.length && a[i]!.weight <= b[j]!.weight)) all.push(a[i++]!)
    else all.push(b[j++]!)
  }
  return all
}
