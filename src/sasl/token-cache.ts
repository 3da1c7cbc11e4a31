import { AuthenticationError } from '../base/errors.ts'
import type { SaslSession } from './mechanism.ts'

/** What proves who one is for a while. */
export interface BearerToken {
  /** The token itself. */
  value: string
  /** Milliseconds since 1970. Default: what the token says if it is a JWT; else it is asked for each time. */
  expiresAt?: number
  /** What goes to the broker along with it (KIP-342), over those that the mechanism has. */
  extensions?: Readonly<Record<string, string>>
}

/** For whom a token is got, and by which clock. Other connections may wait for it, too: it ends with none of them. */
export type TokenRequest = Omit<SaslSession, 'signal'>

/** Gets a token; asked anew when four fifths of the last one's time are over, or the broker refused it. */
export type TokenSource = (request: TokenRequest) => string | BearerToken | Promise<string | BearerToken>

interface Held {
  readonly token: BearerToken
  /** Milliseconds since 1970. */
  readonly refreshAt: number
  readonly expiresAt: number
}

/** The token in force, of one source: however many connections ask, it is fetched once. */
export class TokenCache {
  readonly #source: TokenSource
  #held: Held | undefined
  #fetching: Promise<Held> | undefined

  constructor(source: TokenSource) {
    this.#source = source
  }

  async token(session: SaslSession): Promise<BearerToken> {
    const { clock } = session
    const held = this.#held
    if (held !== undefined && clock.now() < held.refreshAt) return held.token
    this.#fetching ??= this.#fetch(session).finally(() => {
      this.#fetching = undefined
    })
    try {
      return (await this.#fetching).token
    } catch (error) {
      // There is time left to try again.
      if (held !== undefined && clock.now() < held.expiresAt) return held.token
      throw error
    }
  }

  /** The broker did not take it. */
  forget(): void {
    this.#held = undefined
  }

  async #fetch({ host, port, clock }: TokenRequest): Promise<Held> {
    const since = clock.now()
    const given = await this.#source({ host, port, clock })
    const token = typeof given === 'string' ? { value: given } : given
    if (typeof token !== 'object' || token === null || typeof token.value !== 'string' || token.value === '')
      throw new AuthenticationError(
        'OAUTHBEARER: the token function answered no token: a text, or { value, expiresAt }',
      )
    const expiresAt = token.expiresAt ?? expiryOf(token.value) ?? since
    const held = { token, expiresAt, refreshAt: since + 0.8 * (expiresAt - since) }
    if (token.expiresAt !== undefined && expiresAt <= clock.now())
      throw new AuthenticationError('OAUTHBEARER: the token function answered one that has expired')
    this.#held = held
    return held
  }
}

/** When a JWT ends by its own words, in milliseconds since 1970; undefined for what is none or does not say. */
function expiryOf(token: string): number | undefined {
  const [, payload] = token.split('.')
  if (payload === undefined) return undefined
  try {
    const { exp } = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as { exp?: unknown }
    return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : undefined
  } catch {
    return undefined
  }
}
