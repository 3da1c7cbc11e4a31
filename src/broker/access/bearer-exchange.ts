import { readUtf8, utf8 } from '../../bytes/utf8.ts'
import type { Exchange, Step } from './exchange.ts'
import { userPrincipal } from './principal.ts'
import type { BrokerSasl } from './sasl-config.ts'

const nothing = new Uint8Array(0)
const longestMessage = 65_536
const separator = String.fromCharCode(1)

/** OAUTHBEARER from the broker's side (RFC 7628, KIP-255): what a token is worth, the broker's user says. */
export class BearerExchange implements Exchange {
  readonly mechanism = 'OAUTHBEARER'
  readonly #identify: NonNullable<BrokerSasl['oauthBearer']>
  #isRefused = false

  constructor(identify: NonNullable<BrokerSasl['oauthBearer']>) {
    this.#identify = identify
  }

  async next(message: Uint8Array): Promise<Step> {
    const refused = { refused: 'Authentication failed: the token is not good' }
    if (this.#isRefused || message.length > longestMessage) return refused
    const [header = '', ...pairs] = readUtf8(message, 0, message.length).split(separator)
    const [whole, as = ''] = /^n,(?:a=([^,]*))?,$/.exec(header) ?? []
    const [, token] = /^Bearer +([^ ]+)$/i.exec(fieldOf(pairs, 'auth') ?? '') ?? []
    if (whole === undefined || token === undefined) return refused
    const found = await this.#identity(token)
    if (found === undefined || (as !== '' && as !== found.principal)) {
      // The client hears why, and says that it has heard it, before it is refused.
      this.#isRefused = true
      return { answer: utf8('{"status":"invalid_token"}') }
    }
    const { principal, expiresAt } = found
    return {
      answer: nothing,
      identity: {
        principal: userPrincipal(principal),
        ...(expiresAt !== undefined && { expiresAt: Number(expiresAt) }),
      },
    }
  }

  async #identity(token: string) {
    try {
      return await this.#identify(token)
    } catch {
      // What it says may well have the token in it.
      return undefined
    }
  }
}

function fieldOf(pairs: readonly string[], name: string): string | undefined {
  return pairs.find(pair => pair.startsWith(`${name}=`))?.slice(name.length + 1)
}
