import type { Runtime } from './packages.ts'

/** How the cases of one suite went in one runtime on one broker. */
class Cell {
  private readonly passed = new Set<string>()
  private readonly failed = new Set<string>()
  private skipped = 0
  readonly reasons = new Set<string>()

  /** Until it passes. */
  fail(name: string): void {
    this.failed.add(name)
  }

  pass(name: string): void {
    this.failed.delete(name)
    this.passed.add(name)
  }

  skip(reason: string): void {
    this.skipped++
    this.reasons.add(reason)
  }

  toString(): string {
    const parts = [this.passed.size > 0 ? `${this.passed.size}` : '', this.failed.size > 0 ? `**${this.failed.size} failed**` : '']
    if (this.skipped > 0) parts.push(`${this.skipped} skipped`)
    return parts.filter(part => part !== '').join(', ') || '–'
  }
}

/** Suite × runtime, for each kind of broker, as Markdown. */
export class Table {
  private readonly labels: readonly string[]
  private readonly cells = new Map<string, Map<string, Map<string, Cell>>>()

  constructor(runtimes: readonly Runtime[]) {
    this.labels = runtimes.map(({ label }) => label)
  }

  cell(broker: string, runtime: string, suite: string): Cell {
    const suites = entry(this.cells, broker, () => new Map<string, Map<string, Cell>>())
    const row = entry(suites, suite, () => new Map<string, Cell>())
    return entry(row, runtime, () => new Cell())
  }

  toString(): string {
    return [...this.cells].map(([broker, suites]) => this.section(broker, suites)).join('\n')
  }

  private section(broker: string, suites: Map<string, Map<string, Cell>>): string {
    const reasons = new Map<string, Set<string>>()
    const rows = [...suites].map(([suite, row]) => {
      for (const { reasons: given } of row.values()) for (const reason of given) entry(reasons, reason, () => new Set()).add(suite)
      return `| ${suite} | ${this.labels.map(label => row.get(label) ?? '–').join(' | ')} |`
    })
    const notes = [...reasons].map(([reason, where]) => `Skipped in ${[...where].join(', ')}: ${reason}.\n`)
    const head = [`\n### On ${broker}\n`, `| | ${this.labels.join(' | ')} |`, `|---|${this.labels.map(() => '---|').join('')}`]
    return [...head, ...rows, '', ...notes].join('\n')
  }
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}
