import { ConnectionError, HungUpError, messageOf } from '../../src/base/errors.ts'
import type { ClientEvent } from '../../src/base/events.ts'

/** How long a cluster is tried that nobody has reached, or that lets nobody in, in milliseconds. */
const patience = 2_500
/** So many times a broker may hang up at the first request before it is believed to mean it. */
const mostHangUps = 2
/** A line is not told again for so long. */
const quietMs = 30_000

/**
 * Whether the cluster was reached yet. Who types a command wants to hear soon that it can't be, and once; programs go on
 * trying for longer.
 */
export class FirstContact {
  /** Rejects when no broker can be reached, or each hangs up on us as one does that wants a login. */
  readonly failed: Promise<never>
  readonly #warn: (line: string) => void
  /** Lines, and when they were told last. */
  readonly #told = new Map<string, number>()
  /** What is told once there is contact, or it fails. */
  #held: string[] = []
  readonly #began = performance.now()
  #fail: (error: unknown) => void = () => {}
  /** Somebody listens, who need not be a broker that lets us in. */
  #isReached: boolean
  #isMade: boolean
  #isOver = false
  #hangUps = 0

  /** `waits`: for as long as it takes. */
  constructor(warn: (line: string) => void, waits: boolean) {
    this.#warn = warn
    this.#isMade = this.#isReached = waits
    this.failed = new Promise((_, reject) => {
      this.#fail = reject
    })
    this.failed.catch(() => {})
  }

  onEvent(event: ClientEvent): void {
    if (event.type === 'connect') this.#isReached = true
    // One that is let in asks for more than this.
    if (event.type === 'request' && event.error === undefined && !/^(ApiVersions|Sasl)/.test(event.api)) this.#made()
    if (event.type !== 'connectFailed' && event.type !== 'disconnect') return
    const { type, error } = event
    if (error instanceof HungUpError) this.#hangUps++
    // What a broker answers, a refusal say, is told by who asked it.
    const isAway = type === 'connectFailed' && !this.#isReached && error instanceof ConnectionError
    const isShut = error instanceof HungUpError && !this.#isMade && this.#hangUps > mostHangUps
    if ((isAway || isShut) && performance.now() - this.#began > patience) this.#fail(error)
  }

  /** A warning of the transport's, told once in a while. */
  warn(line: string): void {
    if (this.#isOver) return
    if (!this.#isMade) this.#held.push(line)
    else this.#tell(line)
  }

  /** The command has failed: what its error says need not be said twice. */
  ended(error: unknown): void {
    const text = messageOf(error)
    this.#held = this.#held.filter(line => !line.includes(text) && !text.includes(line))
    this.#made()
    // What comes of giving up is no news.
    this.#isOver = true
  }

  #made(): void {
    this.#isMade = true
    for (const line of this.#held) this.#tell(line)
    this.#held = []
  }

  #tell(line: string): void {
    const now = performance.now()
    if (now - (this.#told.get(line) ?? Number.NEGATIVE_INFINITY) < quietMs) return
    if (this.#told.size > 1_000) this.#told.clear()
    this.#told.set(line, now)
    this.#warn(line)
  }
}
