import { entry } from '../table.ts'
import type { Measured } from './measure.ts'

/** Throughput by server, runtime and way, as Markdown. */
export class ThroughputTable {
  /** Server, then row, then the figures for each number of fetches at a time. */
  readonly #servers = new Map<string, Map<string, Map<number, Measured>>>()

  add(server: string, runtime: string, depth: number, measured: readonly Measured[]): void {
    const rows = entry(this.#servers, server, () => new Map<string, Map<number, Measured>>())
    for (const each of measured)
      entry(rows, `${runtime} | ${each.way}`, () => new Map<number, Measured>()).set(depth, each)
  }

  toString(): string {
    return [...this.#servers].map(([server, rows]) => section(server, rows)).join('\n')
  }
}

function section(server: string, rows: ReadonlyMap<string, ReadonlyMap<number, Measured>>): string {
  const depths = [...new Set([...rows.values()].flatMap(row => [...row.keys()]))]
  const last = depths.at(-1)!
  const heads = depths.map(depth => `${depth} at a time: MiB/s | share |`).join(' ')
  const body = [...rows].map(([name, row]) => {
    const figures = depths.map(depth => {
      const measured = row.get(depth)
      return measured === undefined
        ? '– | – |'
        : `${measured.mebibytesPerSecond.toFixed(0)} | ${(measured.share * 100).toFixed(0)} % |`
    })
    return `| ${name} | ${figures.join(' ')} ${(row.get(last)?.cpu ?? []).map(each => each.toFixed(0)).join(' · ')} |`
  })
  const head = [`\n### 1 MiB fetches: ${server}\n`, `| | | ${heads} CPU ms/GiB: client · server · bridge |`]
  return [...head, `|---|---|${depths.map(() => '---|---|').join('')}---|`, ...body, ''].join('\n')
}
