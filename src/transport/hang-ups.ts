import { AuthenticationError, HungUpError, messageOf } from '../base/errors.ts'

/**
 * So often, and for so many milliseconds, a broker may hang up at the first request before that is no outage any more.
 */
const most = 3
const longest = 6000

interface HangUp {
  readonly since: number
  count: number
  refusal: AuthenticationError | undefined
}

/**
 * Brokers that hang up on every first request. A listener that wants TLS or SASL does that and says nothing, which
 * would look like an outage for ever. One that has ever answered is none of these.
 */
export class HangUps {
  readonly #hangUps = new Map<string, HangUp>()
  readonly #answering = new Set<string>()

  answered(broker: string): void {
    this.#answering.add(broker)
    this.#hangUps.delete(broker)
  }

  hasAnswered(broker: string): boolean {
    return this.#answering.has(broker)
  }

  /** A connection ended with this error, or was not opened for it. */
  note(broker: string, error: unknown, now: number): void {
    if (!(error instanceof HungUpError) || this.#answering.has(broker)) return
    const hangUp = this.#hangUps.get(broker) ?? { since: now, count: 0, refusal: undefined }
    this.#hangUps.set(broker, hangUp)
    const { since, count } = hangUp
    hangUp.count++
    if (count < most || now - since < longest) return
    const often = `${hangUp.count} times in ${Math.round((now - since) / 1000)} s`
    hangUp.refusal = new AuthenticationError(`${messageOf(error)} (${often})`, { cause: error })
  }

  /** Throws what is due, once: whoever tries again may find the listener changed. */
  throwIfRefused(broker: string): void {
    const hangUp = this.#hangUps.get(broker)
    const refusal = hangUp?.refusal
    if (refusal === undefined) return
    hangUp!.refusal = undefined
    throw refusal
  }
}
