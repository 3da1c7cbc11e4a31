import type { CommandContext } from './command.ts'

const interval = 500

/** Says how far long work is, where somebody looks. */
export class Progress {
  readonly #show: ((line: string) => void) | undefined
  readonly #began = performance.now()
  readonly #total: number | undefined
  #shown = this.#began
  #records = 0
  #bytes = 0

  /** `total`: how many records there will be, if that is known. */
  constructor({ progress }: Pick<CommandContext, 'progress'>, total?: number) {
    this.#show = progress
    this.#total = total
  }

  add(records: number, bytes: number): void {
    if (this.#show === undefined) return
    this.#records += records
    this.#bytes += bytes
    const now = performance.now()
    if (now - this.#shown < interval) return
    this.#shown = now
    const rate = Math.round(this.#records / ((now - this.#began) / 1_000))
    const share = this.#total ? `${Math.floor((this.#records / this.#total) * 100)} %, ` : ''
    this.#show(`${share}${counted(this.#records)} records, ${megabytes(this.#bytes)} MB, ${counted(rate)} records/s`)
  }

  end(): void {
    this.#show?.('')
  }
}

/** With commas between thousands. */
export function counted(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** Millions of bytes, with a digit behind the point. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}
