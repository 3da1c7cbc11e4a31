import type { Clock } from '../../base/clock.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import type { Exchange, Identity } from './exchange.ts'
import { anonymous } from './principal.ts'

/** What a client is answered to a message of its login. */
export type LoginAnswer =
  | { readonly answer: Uint8Array; readonly lifetimeMs: number }
  | { readonly errorCode: number; readonly errorMessage: string; readonly isLast: boolean }

/** Who a connection's client is, and how far it has come in saying so. */
export class Login {
  /** Whether it has to say so before it is served. */
  readonly isRequired: boolean
  readonly #first: Identity
  #identity: Identity | undefined
  #mechanism: string | undefined
  #exchange: Exchange | undefined
  /** When it has to log in again (KIP-368), in milliseconds of the monotonic clock. */
  #ends = Number.POSITIVE_INFINITY

  /** `principal`: who it is by its certificate. */
  constructor(isRequired: boolean, principal: string = anonymous) {
    this.isRequired = isRequired
    this.#first = { principal }
  }

  get identity(): Identity {
    return this.#identity ?? this.#first
  }

  get principal(): string {
    return this.identity.principal
  }

  /** Why the client is not served now; undefined when it is. */
  refusal(clock: Pick<Clock, 'monotonic'>): string | undefined {
    if (!this.isRequired) return undefined
    if (this.#identity === undefined) return 'before authentication'
    return this.#sessionsEnd && clock.monotonic() >= this.#ends ? 'after the end of its session' : undefined
  }

  /** Whether a handshake is due: at the beginning, and again where sessions end. */
  get mayBegin(): boolean {
    return this.isRequired && this.#exchange === undefined && (this.#identity === undefined || this.#sessionsEnd)
  }

  get #sessionsEnd(): boolean {
    return this.#ends !== Number.POSITIVE_INFINITY
  }

  begin(exchange: Exchange): void {
    this.#exchange = exchange
  }

  /** `longestSession`: milliseconds; 0 for no end. */
  async next(message: Uint8Array, longestSession: number, clock: Clock): Promise<LoginAnswer> {
    const exchange = this.#exchange
    if (exchange === undefined)
      return {
        errorCode: ErrorCode.IllegalSASLState,
        errorMessage: 'SaslAuthenticate request received after successful authentication',
        isLast: false,
      }
    const step = await exchange.next(message)
    if ('refused' in step) return refusal(step.refused)
    if (!('identity' in step)) return { answer: step.answer, lifetimeMs: 0 }
    const { identity } = step
    if (this.#identity !== undefined && this.#identity.principal !== identity.principal)
      return refusal('Cannot change principals during re-authentication')
    if (this.#mechanism !== undefined && this.#mechanism !== exchange.mechanism)
      return refusal('Cannot change the SASL mechanism during re-authentication')
    this.#exchange = undefined
    this.#mechanism = exchange.mechanism
    this.#identity = identity
    const left = identity.expiresAt === undefined ? Number.POSITIVE_INFINITY : identity.expiresAt - clock.now()
    const lifetimeMs = Math.max(0, Math.min(left, longestSession > 0 ? longestSession : Number.POSITIVE_INFINITY))
    if (lifetimeMs === Number.POSITIVE_INFINITY) return { answer: step.answer, lifetimeMs: 0 }
    // As Kafka: where sessions have no end by the broker's config, a token's end is told, and the client's own affair.
    if (longestSession > 0) this.#ends = clock.monotonic() + lifetimeMs
    return { answer: step.answer, lifetimeMs }
  }
}

function refusal(errorMessage: string): LoginAnswer {
  return { errorCode: ErrorCode.SASLAuthenticationFailed, errorMessage, isLast: true }
}
