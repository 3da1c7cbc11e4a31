import { randomBytes16 } from '../base/clock.ts'
import { ConfigError } from '../base/errors.ts'
import { given, oneOf, type SettingKinds } from '../base/settings.ts'
import { utf8 } from '../bytes/utf8.ts'
import { fromBase64, requireSubtle, toBase64Url, toHex } from './crypto.ts'
import type { TokenRequest } from './token-cache.ts'

/** How to sign a JWT. */
export interface SignedJwtOptions {
  /** PKCS#8 in PEM (`BEGIN PRIVATE KEY`), or a CryptoKey of Web Crypto's that may sign. */
  key: string | object
  /** RS256 by default. */
  algorithm?: 'RS256' | 'ES256'
  /** `kid`: which of the keys that the provider knows. */
  keyId?: string
  /** `iss`, and `sub` where that is not given. */
  issuer: string
  /** `sub`. Default: `issuer`. */
  subject?: string
  /** `aud`: mostly the token endpoint. */
  audience: string
  /** How long it is good for, in milliseconds; 5 minutes. */
  lifetime?: number
  /** Further claims. */
  claims?: Readonly<Record<string, unknown>>
}

const jwtSettings: SettingKinds<SignedJwtOptions> = {
  key: 'any!',
  algorithm: 'any',
  keyId: 'string',
  issuer: 'string!',
  subject: 'string',
  audience: 'string!',
  lifetime: 'number',
  claims: 'object',
}

const algorithms = { RS256: 'RS256', ES256: 'ES256' } as const
const keyOf = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
} as const

/** A function that signs a JWT (RFC 7523) for each token: an `assertion` or `clientAssertion` of `oidc()`. */
export function signedJwt(options: SignedJwtOptions): (request: TokenRequest) => Promise<string> {
  const {
    key,
    issuer,
    subject = issuer,
    audience,
    lifetime = 300_000,
    keyId,
    claims,
    ...rest
  } = given('signedJwt()', options, jwtSettings)
  const alg = oneOf('algorithm of signedJwt()', rest.algorithm ?? 'RS256', algorithms)
  const der = typeof key === 'string' ? pkcs8Of(key) : undefined
  let imported: Promise<object> | undefined
  return async ({ clock }) => {
    const subtle = requireSubtle('signedJwt()')
    imported ??= der ? subtle.importKey('pkcs8', der, keyOf[alg], false, ['sign']) : Promise.resolve(key as object)
    const now = Math.floor(clock.now() / 1000)
    const header = { alg, typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) }
    const times = { iat: now, nbf: now, exp: now + Math.ceil(lifetime / 1000) }
    const body = { ...claims, iss: issuer, sub: subject, aud: audience, ...times, jti: toHex(randomBytes16(clock)) }
    const text = [header, body].map(part => toBase64Url(utf8(JSON.stringify(part)))).join('.')
    const signature = await subtle.sign(keyOf[alg], await imported, utf8(text))
    return `${text}.${toBase64Url(new Uint8Array(signature))}`
  }
}

function pkcs8Of(pem: string): Uint8Array {
  const [, body] = /-----BEGIN PRIVATE KEY-----([\s\S]*?)-----END PRIVATE KEY-----/.exec(pem) ?? []
  const der = body === undefined ? undefined : fromBase64(body.replace(/\s/g, ''))
  if (der === undefined)
    throw new ConfigError('signedJwt(): key must be PKCS#8 in PEM, unencrypted: -----BEGIN PRIVATE KEY-----')
  return der
}
