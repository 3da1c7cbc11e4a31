/** How the cases of one suite went in one runtime on one broker. */
export class Cell {
  private readonly passed = new Set<string>()
  private readonly failed = new Set<string>()
  private readonly skipped = new Map<string, number>()

  /** Until it passes. */
  fail(name: string): void {
    this.failed.add(name)
  }

  pass(name: string): void {
    this.failed.delete(name)
    this.passed.add(name)
  }

  skip(name: string, reason: string): void {
    this.failed.delete(name)
    this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + 1)
  }

  toString(): string {
    const parts = [
      this.passed.size > 0 ? `${this.passed.size}` : '',
      this.failed.size > 0 ? `**${this.failed.size} failed**` : '',
    ]
    for (const [reason, count] of this.skipped) parts.push(`${count} skipped: ${reason}`)
    return parts.filter(part => part !== '').join(', ') || '–'
  }
}

/** Suite × runtime, for each kind of broker, as Markdown. */
export class Table {
  private readonly labels: readonly string[]
  private readonly sections = new Map<string, Map<string, Map<string, Cell>>>()

  /** `labels`: the runtimes', a column each. */
  constructor(labels: readonly string[]) {
    this.labels = labels
  }

  cell(broker: string, label: string, suite: string): Cell {
    const suites = entry(this.sections, broker, () => new Map<string, Map<string, Cell>>())
    const row = entry(suites, suite, () => new Map<string, Cell>())
    return entry(row, label, () => new Cell())
  }

  /**
   * With the day of the run beneath each column. A column of which nothing ran is as it was `before`, in a text of this
   * method's.
   */
  toString(before = ''): string {
    const old = read(before)
    return [...this.sections]
      .map(([broker, suites]) => this.section(broker, suites, old.get(broker) ?? new Map()))
      .join('\n\n')
  }

  private section(
    broker: string,
    suites: Map<string, Map<string, Cell>>,
    old: ReadonlyMap<string, readonly string[]>,
  ): string {
    const ran = (label: string): boolean => [...suites.values()].some(row => row.has(label))
    const line = (title: string, own: (label: string) => string): string => {
      const was = old.get(title) ?? []
      return `| ${title} | ${this.labels.map((label, at) => (ran(label) ? own(label) : (was[at] ?? (title === '' ? label : '–')))).join(' | ')} |`
    }
    return [
      `### On ${broker}\n`,
      line('', label => label),
      `|---|${this.labels.map(() => '---|').join('')}`,
      ...[...suites].map(([suite, row]) => line(suite, label => `${row.get(label)}`)),
      line('run on', () => new Date().toISOString().slice(0, 10)),
    ].join('\n')
  }
}

/** The cells of each row, by section and the row's title. */
function read(text: string): Map<string, Map<string, string[]>> {
  const sections = new Map<string, Map<string, string[]>>()
  let rows = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const heading = /^### On (.*)$/.exec(line)?.[1]
    if (heading !== undefined) {
      rows = new Map()
      sections.set(heading, rows)
    }
    const [title, ...cells] = line.split('|').slice(1, -1)
    if (title !== undefined && !line.startsWith('|---'))
      rows.set(
        title.trim(),
        cells.map(cell => cell.trim()),
      )
  }
  return sections
}

/** What the map has under a key, made if it isn't there. */
export function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}
