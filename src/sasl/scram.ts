import { type Clock, randomBytes16 } from '../base/clock.ts'
import { AuthenticationError, ConfigError } from '../base/errors.ts'
import { given, oneOf, type SettingKinds } from '../base/settings.ts'
import { readUtf8, utf8 } from '../bytes/utf8.ts'
import { type Crypto, cryptoOf, fromBase64, toBase64 } from './crypto.ts'
import type { Mechanism, StateMachine } from './mechanism.ts'
import { saslprep } from './saslprep.ts'

/** A name and a password that is never sent. */
export interface ScramOptions {
  /** Kafka's brokers know no other letters than ASCII's here. */
  username: string
  /** Prepared by SASLprep. */
  password: string
  /** Which of Kafka's two; `'SHA-512'`. */
  hash?: 'SHA-256' | 'SHA-512'
  /** The user and password are the id and HMAC of a delegation token (KIP-48); false. */
  tokenAuth?: boolean
  /**
   * Prepares user and password by SASLprep (RFC 4013), as the standard wants; false, for Kafka's brokers and tools don't,
   * and a password with letters like `ﬁ` or a no-break space is not the same then.
   */
  prepare?: boolean
}

const scramSettings: SettingKinds<ScramOptions> = {
  username: 'string!',
  password: 'string!',
  hash: 'any',
  tokenAuth: 'boolean',
  prepare: 'boolean',
}

const hashes = { 'SHA-256': 'SHA-256', 'SHA-512': 'SHA-512' } as const
/** RFC 7677 and Kafka want as many at least; fewer make passwords easy to guess for whoever listens. */
const leastIterations = 4096
/** Kafka's brokers take 16,384 at most; a broker that wants more would keep us busy. */
const mostIterations = 100_000

/** What a password comes to with one salt: it takes some milliseconds, and is the same for all connections. */
interface Keys {
  readonly client: Uint8Array
  readonly stored: Uint8Array
  readonly server: Uint8Array
}

/**
 * SCRAM-SHA-512 or SCRAM-SHA-256 (RFC 5802, KIP-84): the password never goes over the wire, and the broker must prove
 * that it knows it, too: one that can't is an AuthenticationError, as are fewer than 4,096 iterations and more than
 * 100,000.
 */
export function scram(options: ScramOptions): Mechanism {
  const { username, password, tokenAuth = false, prepare = false, ...given_ } = given('scram()', options, scramSettings)
  const hash = oneOf('hash of scram()', given_.hash ?? 'SHA-512', hashes)
  const name = `SCRAM-${hash}`
  const prepared = (text: string, what: string): string => (prepare ? saslprep(text, what) : text)
  const user = prepared(username, `${name}: username`)
  const secret = utf8(prepared(password, `${name}: password`))
  if (user === '') throw new ConfigError(`${name}: username is empty`)
  if (secret.length === 0) throw new ConfigError(`${name}: password is empty`)
  const bare = `n=${user.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=`
  const crypto = cryptoOf(hash)
  let last: { readonly salt: string; readonly iterations: number; readonly keys: Promise<Keys> } | undefined
  const keysFor = (salt: string, iterations: number): Promise<Keys> => {
    if (last?.salt !== salt || last.iterations !== iterations)
      last = { salt, iterations, keys: keysOf(crypto, secret, fromBase64(salt)!, iterations) }
    return last.keys
  }
  return {
    name,
    async start({ clock }) {
      const nonce = nonceOf(clock)
      const first = `${bare}${nonce}${tokenAuth ? ',tokenauth=true' : ''}`
      return { machine: new Exchange(name, crypto, keysFor, first, nonce), response: utf8(`n,,${first}`) }
    },
  }
}

class Exchange implements StateMachine {
  readonly #name: string
  readonly #crypto: Crypto
  readonly #keysFor: (salt: string, iterations: number) => Promise<Keys>
  readonly #first: string
  readonly #nonce: string
  /** What the broker has to prove; undefined before it was asked to. */
  #expected: string | undefined

  constructor(
    name: string,
    crypto: Crypto,
    keysFor: (salt: string, iterations: number) => Promise<Keys>,
    first: string,
    nonce: string,
  ) {
    this.#name = name
    this.#crypto = crypto
    this.#keysFor = keysFor
    this.#first = first
    this.#nonce = nonce
  }

  async next(challenge: Uint8Array) {
    const text = readUtf8(challenge, 0, challenge.length)
    const told = attributes(text)
    const error = told.get('e')
    if (error !== undefined) throw this.#refused(`the broker says ${error.slice(0, 100)}`)
    if (this.#expected !== undefined) {
      if (told.get('v') !== this.#expected)
        throw this.#refused('the broker did not prove that it knows the password: it may be another that poses as it')
      return { done: true } as const
    }
    return { done: false, response: await this.#prove(text, told) } as const
  }

  async #prove(serverFirst: string, told: ReadonlyMap<string, string>): Promise<Uint8Array> {
    const nonce = told.get('r') ?? ''
    const salt = told.get('s') ?? ''
    const iterations = Number(told.get('i'))
    if (told.has('m')) throw this.#refused('the broker wants an extension that is not known here')
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length)
      throw this.#refused('the answer is to another exchange: its nonce does not go on from ours')
    if (fromBase64(salt) === undefined) throw this.#refused('the salt is no base64')
    if (!Number.isInteger(iterations) || iterations < leastIterations || iterations > mostIterations)
      throw this.#refused(`${told.get('i')} iterations are not between ${leastIterations} and ${mostIterations}`)
    const { client, stored, server } = await this.#keysFor(salt, iterations)
    // c: there is no channel to bind to (base64 of "n,,").
    const last = `c=biws,r=${nonce}`
    const all = utf8(`${this.#first},${serverFirst},${last}`)
    const signature = await this.#crypto.hmac(stored, all)
    this.#expected = toBase64(await this.#crypto.hmac(server, all))
    return utf8(`${last},p=${toBase64(client.map((byte, i) => byte ^ signature[i]!))}`)
  }

  #refused(why: string): AuthenticationError {
    return new AuthenticationError(`${this.#name}: ${why}`)
  }
}

async function keysOf(crypto: Crypto, password: Uint8Array, salt: Uint8Array, iterations: number): Promise<Keys> {
  const salted = await crypto.stretch(password, salt, iterations)
  const client = await crypto.hmac(salted, utf8('Client Key'))
  return { client, stored: await crypto.digest(client), server: await crypto.hmac(salted, utf8('Server Key')) }
}

/** Of `a=1,b=2`: the first of each name counts. */
function attributes(text: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const part of text.split(',')) {
    const at = part.indexOf('=')
    const name = part.slice(0, at)
    if (at > 0 && !found.has(name)) found.set(name, part.slice(at + 1))
  }
  return found
}

/** Of 120 bits: their base64 needs no padding. */
function nonceOf(clock: Clock): string {
  return toBase64(randomBytes16(clock).subarray(0, 15))
}
