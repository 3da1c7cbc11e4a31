import { markEvery, markedSubprotocol } from '../shared/bridge-wire.ts'

/** More than so many bytes unanswered, and nothing more goes out. */
export const highWater = 1024 * 1024

/** What a client asks and answers where the bridge chose the marked subprotocol; with any other it does nothing. */
export class Marks {
  readonly #used: boolean
  /** Bytes sent, up to where we asked the bridge whether it is rid of them, and up to where it is. */
  #sent = 0
  #asked = 0
  #taken = 0

  constructor(protocol: string) {
    this.#used = protocol === markedSubprotocol
  }

  get hasRoom(): boolean {
    return this.#sent - this.#taken <= highWater
  }

  /** Bytes the bridge was asked about and is not rid of. */
  get unsent(): number {
    return this.#asked - this.#taken
  }

  /** So many bytes were sent: what to ask now, if anything. */
  sent(bytes: number): string | undefined {
    if (!this.#used) return undefined
    this.#sent += bytes
    if (this.#sent - this.#asked < markEvery) return undefined
    this.#asked = this.#sent
    return `?${this.#sent}`
  }

  /**
   * A text came: what to answer. Nothing for the answer to a question of ours; undefined for what does not belong here.
   */
  heard(text: string): string | undefined {
    if (!this.#used) return undefined
    if (text.startsWith('?')) return `!${text.slice(1)}`
    const taken = Number(/^!(\d+)$/.exec(text)?.[1])
    if (!(taken > this.#taken && taken <= this.#asked)) return undefined
    this.#taken = taken
    return ''
  }
}
