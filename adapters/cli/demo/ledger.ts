/**
 * An order as the demo writes it: the customer is the message's key, the orders of each customer are numbered from 0.
 */
export interface Order {
  readonly customer: number
  readonly number: number
}

/**
 * What the readers of the demo got, checked against what was written: every order once, and each customer's in order.
 */
export class Ledger {
  /** For each customer the number of the order that comes next. */
  readonly #next: Int32Array
  readonly #seen: Uint8Array
  readonly #perCustomer: number
  #delivered = 0
  #repeated = 0
  #disordered = 0
  #strange = 0

  constructor(customers: number, perCustomer: number) {
    this.#next = new Int32Array(customers)
    this.#seen = new Uint8Array(customers * perCustomer)
    this.#perCustomer = perCustomer
  }

  /** Orders that came, each counted once. */
  get distinct(): number {
    return this.#delivered - this.#repeated - this.#strange
  }

  get total(): number {
    return this.#seen.length
  }

  deliver({ customer, number }: Order): void {
    this.#delivered++
    const next = this.#next[customer]
    if (next === undefined || !(number >= 0 && number < this.#perCustomer)) {
      this.#strange++
      return
    }
    const at = customer * this.#perCustomer + number
    if (this.#seen[at] === 1) this.#repeated++
    else if (number !== next) this.#disordered++
    this.#seen[at] = 1
    this.#next[customer] = Math.max(next, number + 1)
  }

  /** What is wrong, one line each; empty when all is as it should be. */
  problems(): string[] {
    const missing = this.total - this.distinct
    const lines: [number, string][] = [
      [missing, 'never came'],
      [this.#repeated, 'came more than once'],
      [this.#disordered, "came out of their customer's order"],
      [this.#strange, 'were not ours'],
    ]
    return lines.filter(([count]) => count > 0).map(([count, what]) => `${count.toLocaleString('en')} orders ${what}`)
  }
}
