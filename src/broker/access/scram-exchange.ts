import { type Clock, randomBytes16 } from '../../base/clock.ts'
import { readUtf8, utf8 } from '../../bytes/utf8.ts'
import { fromBase64, toBase64 } from '../../sasl/crypto.ts'
import { isSame } from './compare.ts'
import type { Exchange, Identity, Step } from './exchange.ts'
import { cryptoFor, type ScramCredential, type ScramMechanism } from './scram-keys.ts'

/** Whose credential it is, and who has proved to know its password. */
export interface ScramLogin {
  readonly credential: ScramCredential
  readonly identity: Identity
}

/** Finds the credential of a user, or of a delegation token's id. */
export type FindLogin = (name: string, mechanism: ScramMechanism, byToken: boolean) => Promise<ScramLogin>

// A message of more characters is none.
const longestMessage = 16_384
// The client has no channel to bind to (n, or y: it would have), and may say whom it acts as.
const firstMessage = /^([ny],(?:a=([^,]*))?,)(n=([^,]+),r=([!-+\--~]+)((?:,[^,]*)*))$/
const lastMessage = /^(c=([^,]*),r=([!-+\--~]+)(?:,[^,]*)*),p=([^,]+)$/

/** SCRAM from the broker's side (RFC 5802, KIP-84). */
export class ScramExchange implements Exchange {
  readonly mechanism: ScramMechanism
  readonly #find: FindLogin
  readonly #clock: Clock
  /** What was said, once the client has said who it is. */
  #said: { readonly header: string; readonly bare: string; readonly first: string; readonly nonce: string } | undefined
  #login: ScramLogin | undefined

  constructor(mechanism: ScramMechanism, find: FindLogin, clock: Clock) {
    this.mechanism = mechanism
    this.#find = find
    this.#clock = clock
  }

  async next(message: Uint8Array): Promise<Step> {
    if (message.length > longestMessage) return this.#refused
    const text = readUtf8(message, 0, message.length)
    return this.#login === undefined ? this.#begin(text) : this.#prove(text, this.#login)
  }

  async #begin(text: string): Promise<Step> {
    const [, header, as = '', bare, escaped, clientNonce, extensions] = firstMessage.exec(text) ?? []
    if (header === undefined || bare === undefined || escaped === undefined || clientNonce === undefined)
      return this.#refused
    const name = unescaped(escaped)
    if (name === undefined || (as !== '' && unescaped(as) !== name)) return this.#refused
    const byToken = extensions?.split(',').includes('tokenauth=true') ?? false
    this.#login = await this.#find(name, this.mechanism, byToken)
    const { salt, iterations } = this.#login.credential
    const nonce = `${clientNonce}${toBase64(randomBytes16(this.#clock))}`
    const first = `r=${nonce},s=${toBase64(salt)},i=${iterations}`
    this.#said = { header, bare, first, nonce }
    return { answer: utf8(first) }
  }

  async #prove(text: string, { credential, identity }: ScramLogin): Promise<Step> {
    const { header, bare, first, nonce } = this.#said!
    const [, withoutProof, channel, told, proofText] = lastMessage.exec(text) ?? []
    const proof = proofText === undefined ? undefined : fromBase64(proofText)
    if (withoutProof === undefined || proof === undefined || told !== nonce || channel !== toBase64(utf8(header)))
      return this.#refused
    const { stored, server } = await credential.keys()
    const crypto = cryptoFor(this.mechanism)
    const all = utf8(`${bare},${first},${withoutProof}`)
    const signature = await crypto.hmac(stored, all)
    if (proof.length !== signature.length) return this.#refused
    const key = proof.map((byte, at) => byte ^ signature[at]!)
    if (!isSame(await crypto.digest(key), stored)) return this.#refused
    return { answer: utf8(`v=${toBase64(await crypto.hmac(server, all))}`), identity }
  }

  get #refused(): Step {
    return {
      refused: `Authentication failed during authentication due to invalid credentials with SASL mechanism ${this.mechanism}`,
    }
  }
}

/** Undefined for an equals sign that stands for nothing. */
function unescaped(name: string): string | undefined {
  return /=(?!2C|3D)/.test(name) ? undefined : name.replaceAll('=2C', ',').replaceAll('=3D', '=')
}
