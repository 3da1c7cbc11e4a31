import { ConfigError } from '../base/errors.ts'
import { sha256, sha512 } from './sha2.ts'

/** The hashes that mechanisms need. */
export interface Crypto {
  digest(data: Uint8Array): Promise<Uint8Array>
  hmac(key: Uint8Array, data: Uint8Array): Promise<Uint8Array>
  /** PBKDF2 (RFC 8018) with the HMAC of this hash, of the length of its digest: what RFC 5802 calls Hi. */
  stretch(password: Uint8Array, salt: Uint8Array, iterations: number): Promise<Uint8Array>
}

const plain = { 'SHA-256': sha256, 'SHA-512': sha512 }

/** What is used of Web Crypto. */
export interface Subtle {
  digest(hash: string, data: Uint8Array): Promise<ArrayBuffer>
  importKey(
    format: 'raw' | 'pkcs8',
    key: Uint8Array,
    how: object | string,
    extractable: boolean,
    uses: string[],
  ): Promise<object>
  sign(how: object | string, key: object, data: Uint8Array): Promise<ArrayBuffer>
  deriveBits(how: object, key: object, bits: number): Promise<ArrayBuffer>
}

/** By the runtime's own code (Web Crypto); in a page that browsers give none, by ours, which takes some 20 times as long. */
export function cryptoOf(hash: 'SHA-256' | 'SHA-512'): Crypto {
  const subtle = subtleCrypto()
  return subtle === undefined ? plainCrypto(hash) : webCrypto(subtle, hash)
}

/** Undefined in pages that did not come by https. */
export function subtleCrypto(): Subtle | undefined {
  return (globalThis as { crypto?: { subtle?: Subtle } }).crypto?.subtle
}

function webCrypto(subtle: Subtle, hash: string): Crypto {
  return {
    digest: async data => new Uint8Array(await subtle.digest(hash, data)),
    async hmac(secret, data) {
      const key = await subtle.importKey('raw', secret, { name: 'HMAC', hash }, false, ['sign'])
      return new Uint8Array(await subtle.sign('HMAC', key, data))
    },
    async stretch(password, salt, iterations) {
      const key = await subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits'])
      const how = { name: 'PBKDF2', hash, salt: salt, iterations }
      return new Uint8Array(await subtle.deriveBits(how, key, Number(hash.slice(4))))
    },
  }
}

function plainCrypto(hash: 'SHA-256' | 'SHA-512'): Crypto {
  const { digest, hmac } = plain[hash]
  return {
    digest: async data => digest(data),
    hmac: async (key, data) => hmac(key)(data),
    async stretch(password, salt, iterations) {
      const mac = hmac(password)
      const first = new Uint8Array(salt.length + 4)
      first.set(salt)
      first[salt.length + 3] = 1
      let last = mac(first)
      const result = last.slice()
      for (let i = 1; i < iterations; i++) {
        last = mac(last)
        for (let at = 0; at < result.length; at++) result[at]! ^= last[at]!
      }
      return result
    },
  }
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''))
}

/** Without the signs that addresses and JWTs can't have. */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Undefined for what is none. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) return undefined
  return Uint8Array.from(atob(text), letter => letter.charCodeAt(0))
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

/** Web Crypto, for what there is no other code for. */
export function requireSubtle(what: string): Subtle {
  const subtle = subtleCrypto()
  if (subtle === undefined) throw new ConfigError(`${what} needs crypto.subtle, which pages have that came by https`)
  return subtle
}
