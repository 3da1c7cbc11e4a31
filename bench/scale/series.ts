/** What was measured with so many of the thing that grows. */
export interface Step {
  readonly x: number
  readonly values: Readonly<Record<string, number>>
}

export interface Series {
  readonly id: string
  readonly title: string
  /** What grows. */
  readonly unit: string
  readonly steps: readonly Step[]
}

/** By which power of what grows a value grows, over all steps; 1 is in proportion. Small values say nothing. */
export function exponent(steps: readonly Step[], name: string): number {
  const first = steps[0]!
  const last = steps.at(-1)!
  const from = first.values[name]!
  const to = last.values[name]!
  if (from <= 0 || to <= 0) return 0
  return Math.log(to / from) / Math.log(last.x / first.x)
}

/** A table in Markdown. */
export function table({ unit, steps }: Series): string {
  const names = Object.keys(steps[0]!.values)
  const head = ['', ...steps.map(({ x }) => `${format(x)} ${unit}`), 'grows by']
  const rows = names.map(name => [
    name,
    ...steps.map(({ values }) => format(values[name]!)),
    exponent(steps, name).toFixed(2),
  ])
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

export function format(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return Number(value.toFixed(digits)).toLocaleString('en-US')
}
