import type { Outcome } from './run.ts'

/** What many worlds came to. */
export class Tally {
  readonly failed: number[] = []
  worlds = 0
  messages = 0
  simulatedMs = 0
  realMs = 0
  /** By fault and workload: worlds with both, those in which the fault hit something, messages, anomalies. */
  readonly #rows = new Map<string, { runs: number; bit: number; messages: number; anomalies: number }>()

  add({ plan, anomalies, bites, messages, simulatedMs, realMs }: Outcome): void {
    this.worlds++
    this.messages += messages
    this.simulatedMs += simulatedMs
    this.realMs += realMs
    if (anomalies.length > 0) this.failed.push(plan.seed)
    const names = plan.faults.length > 0 ? plan.faults.map(({ name }) => name) : ['no fault']
    for (const name of names) {
      for (const workload of plan.workloads) {
        const key = `${name} × ${workload?.name ?? 'nothing'}`
        const row = this.#rows.get(key) ?? { runs: 0, bit: 0, messages: 0, anomalies: 0 }
        this.#rows.set(key, row)
        row.runs++
        if ((bites.get(name) ?? 1) > 0) row.bit++
        row.messages += messages
        row.anomalies += anomalies.length
      }
    }
  }

  summary(seed: number): object {
    const { worlds, messages, simulatedMs, realMs, failed } = this
    return { seed, worlds, messages, simulatedMs, realMs, failed }
  }

  table(seed: number): string {
    const rows = [...this.#rows].sort(([a], [b]) => (a < b ? -1 : 1))
    const width = Math.max(...rows.map(([name]) => name.length))
    const lines = rows.map(
      ([name, { runs, bit, messages, anomalies }]) =>
        `${name.padEnd(width)} ${String(runs).padStart(7)} ${String(bit).padStart(7)} ${String(messages).padStart(9)} ${String(anomalies).padStart(9)}`,
    )
    const hours = (this.simulatedMs / 3_600_000).toFixed(1)
    const speed = Math.round(this.simulatedMs / this.realMs)
    return [
      `${'fault × workload'.padEnd(width)}  worlds     bit  messages anomalies`,
      ...lines,
      '',
      `worlds ${seed} to ${seed + this.worlds - 1}: ${hours} hours in ${Math.round(this.realMs / 1000)} s (${speed} × real time), ${this.messages} messages, ${this.failed.length} went wrong${this.failed.length > 0 ? `: ${this.failed.join()}` : ''}`,
    ].join('\n')
  }
}
