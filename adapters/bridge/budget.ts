/** What a message costs its owner besides its bytes, at least, wherever it waits. */
export const messageOverhead = 1024

// Who holds less is no help.
const leastRelief = 64 * 1024
const newcomersShare = 0.9

/** A connection, as far as it holds memory. */
export interface Holder {
  /** Bytes, overhead included. */
  readonly held: number
  /** Gives all of it up. */
  release(): void
}

/** The memory of all connections together. */
export class Budget {
  readonly #most: number
  readonly #confined: boolean
  /** In the order they came, and what each held when it last told. */
  readonly #holders = new Map<Holder, number>()
  used = 0

  /** `confined`: connections may not touch each other. */
  constructor(most: number, confined: boolean) {
    this.#most = most
    this.#confined = confined
  }

  /** Whether nobody else should come in: what is left is for those who are there. */
  get tight(): boolean {
    return this.used >= this.#most * newcomersShare
  }

  /** What it holds may have changed. Over the budget the newest that hold something give it up. */
  note(holder: Holder): void {
    const { held } = holder
    const before = this.#holders.get(holder) ?? 0
    this.#holders.set(holder, held)
    this.used += held - before
    if (held <= before || this.used < this.#most) return
    if (this.#confined) holder.release()
    else this.#relieve()
  }

  /** It is gone. */
  forget(holder: Holder): void {
    this.used -= this.#holders.get(holder) ?? 0
    this.#holders.delete(holder)
  }

  #relieve(): void {
    for (const holder of [...this.#holders.keys()].reverse()) {
      if (this.used < this.#most) return
      const held = this.#holders.get(holder)!
      if (held < leastRelief) continue
      // First, for giving up is told here, too.
      this.#holders.set(holder, 0)
      this.used -= held
      holder.release()
    }
  }
}
