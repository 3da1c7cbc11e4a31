import { type Clock, randomBytes16 } from '../../base/clock.ts'
import { uuidText } from '../../bytes/reader.ts'
import { utf8 } from '../../bytes/utf8.ts'
import { concat } from '../../bytes/writer.ts'
import { toBase64 } from '../../sasl/crypto.ts'
import { credentialOf, cryptoFor, type ScramCredential, type ScramMechanism } from './scram-keys.ts'

/** A delegation token (KIP-48): who has its HMAC logs in as its owner, until it ends. */
export interface Token {
  readonly id: string
  readonly hmac: Uint8Array
  /** Principals, as `User:alice`. */
  readonly owner: string
  readonly requester: string
  readonly renewers: readonly string[]
  /** Milliseconds since 1970. */
  readonly issued: number
  readonly longest: number
  expires: number
}

/** The delegation tokens of a cluster. */
export class Tokens {
  readonly #clock: Clock
  readonly #byId = new Map<string, Token>()
  readonly #byHmac = new Map<string, Token>()
  /** What HMACs and salts come from. */
  #secret: Uint8Array | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Those that have not ended; the others are forgotten. */
  get all(): Token[] {
    for (const token of this.#byId.values()) if (this.isOver(token)) this.remove(token)
    return [...this.#byId.values()]
  }

  isOver({ expires, longest }: Token): boolean {
    const now = this.#clock.now()
    return expires < now || longest < now
  }

  async create(more: Omit<Token, 'id' | 'hmac'>): Promise<Token> {
    const id = uuidText(randomBytes16(this.#clock), 0)
    const hmac = await cryptoFor('SCRAM-SHA-512').hmac(this.#key, utf8(id))
    const token = { ...more, id, hmac }
    this.#byId.set(id, token)
    this.#byHmac.set(toBase64(hmac), token)
    return token
  }

  byHmac(hmac: Uint8Array): Token | undefined {
    return this.#byHmac.get(toBase64(hmac))
  }

  /** The token of that id, if it is still good. */
  byId(id: string): Token | undefined {
    const token = this.#byId.get(id)
    return token === undefined || this.isOver(token) ? undefined : token
  }

  remove({ id, hmac }: Token): void {
    this.#byId.delete(id)
    this.#byHmac.delete(toBase64(hmac))
  }

  /** What its HMAC, as text, is as a password. */
  credential({ id, hmac }: Token, mechanism: ScramMechanism): Promise<ScramCredential> {
    return credentialOf(`${mechanism} token ${id}`, toBase64(hmac), mechanism, this.#key)
  }

  get #key(): Uint8Array {
    this.#secret ??= concat([randomBytes16(this.#clock), randomBytes16(this.#clock)])
    return this.#secret
  }
}
