import { type Clock, randomBytes16 } from '../../base/clock.ts'
import { utf8 } from '../../bytes/utf8.ts'
import { isSame } from './compare.ts'
import { credentialOf, cryptoFor, type ScramCredential, type ScramKeys, type ScramMechanism } from './scram-keys.ts'

/** A credential an administrator has made. */
export interface KeptCredential {
  readonly salt: Uint8Array
  readonly iterations: number
  readonly keys: ScramKeys
}

/** Who may log in, and by what. */
export class Credentials {
  readonly #clock: Clock
  /** By name: those of the broker's own config. */
  readonly #passwords: ReadonlyMap<string, string>
  /** Of those passwords, once they were needed. */
  readonly #configured = new Map<string, Promise<ScramCredential>>()
  readonly #kept = new Map<string, Map<ScramMechanism, KeptCredential>>()
  #count = 0
  /** What salts come from. */
  #secret: Uint8Array | undefined

  constructor(users: Readonly<Record<string, string>>, clock: Clock) {
    this.#passwords = new Map(Object.entries(users))
    this.#clock = clock
  }

  /** Of the credentials made by administrators. */
  get count(): number {
    return this.#count
  }

  /** Names that administrators have made credentials for. */
  get names(): Iterable<string> {
    return this.#kept.keys()
  }

  kept(name: string): ReadonlyMap<ScramMechanism, KeptCredential> | undefined {
    return this.#kept.get(name)
  }

  keep(name: string, mechanism: ScramMechanism, credential: KeptCredential): void {
    const own = this.#kept.get(name) ?? new Map<ScramMechanism, KeptCredential>()
    if (!own.has(mechanism)) this.#count++
    own.set(mechanism, credential)
    this.#kept.set(name, own)
  }

  forget(name: string, mechanism: ScramMechanism): void {
    const own = this.#kept.get(name)
    if (own?.delete(mechanism)) this.#count--
    if (own?.size === 0) this.#kept.delete(name)
  }

  /** Whether it is the user's password. A name there is not takes as long as one there is. */
  isPassword(name: string, password: string): boolean {
    const expected = this.#passwords.get(name)
    return isSame(utf8(password), utf8(expected ?? 'nobody')) && expected !== undefined
  }

  /** A user's credential. A name there is not has one, too, always the same: it is not to be told from others. */
  async scram(name: string, mechanism: ScramMechanism): Promise<ScramCredential> {
    const kept = this.#kept.get(name)?.get(mechanism)
    if (kept !== undefined) return { ...kept, keys: async () => kept.keys }
    const password = this.#passwords.get(name)
    if (password === undefined) return this.nobodys(name, mechanism)
    const key = `${mechanism} ${name}`
    const found = this.#configured.get(key) ?? credentialOf(key, password, mechanism, this.#salting)
    this.#configured.set(key, found)
    return found
  }

  /** A credential that no password fits. */
  async nobodys(name: string, mechanism: ScramMechanism): Promise<ScramCredential> {
    const crypto = cryptoFor(mechanism)
    const { salt, iterations } = await credentialOf(`${mechanism} ${name}`, '', mechanism, this.#salting)
    const stored = await crypto.digest(randomBytes16(this.#clock))
    return { salt, iterations, keys: async () => ({ stored, server: stored }) }
  }

  get #salting(): Uint8Array {
    this.#secret ??= randomBytes16(this.#clock)
    return this.#secret
  }
}
