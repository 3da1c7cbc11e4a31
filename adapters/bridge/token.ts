import { systemClock } from '../../src/base/clock.ts'
import { ConfigError } from '../../src/base/errors.ts'
import { given, type SettingKinds } from '../../src/base/settings.ts'
import { utf8 } from '../../src/bytes/utf8.ts'
import { base64url, fromBase64url } from '../shared/bridge-wire.ts'
import { type ApiPolicy, isApiPolicy } from './api-policy.ts'
import type { Authenticator, Identity } from './config.ts'

export interface TokenClaims {
  /** Who it is for; limits count by it, and logs name it. */
  id: string
  /** Where its bearer may go, of the bridge's own targets; all of them by default. */
  targets?: readonly string[]
  /** What it may ask for, beside what the bridge's own policy allows all, and never what that denies. */
  apis?: ApiPolicy
}

export interface SignedTokensOptions {
  /** Shared by who signs and who verifies: 32 bytes at least. */
  secret: string | Uint8Array
  /** Milliseconds a token is good for opening connections; 60,000 by default. Open connections outlive it. */
  ttl?: number
  /** Take the token from this cookie, too, where no subprotocol carries one. */
  cookie?: string
  /** Milliseconds since 1970; for tests. */
  now?: () => number
}

const tokenSettings: SettingKinds<SignedTokensOptions> = {
  secret: 'any!',
  ttl: 'number',
  cookie: 'string',
  now: 'function',
}

export interface SignedTokens {
  /**
   * A token for a client, to be fetched over your own authenticated channel. A ConfigError without an id, and with more
   * targets than fit.
   */
  sign(claims: TokenClaims): Promise<string>
  /** For the bridge's `authenticate`. */
  readonly authenticate: Authenticator
}

const leastSecret = 32
const longestToken = 4096
// As base64url, with a dot and a signature of 43 characters.
const longestClaims = 3039

/** Short-lived tokens signed with HMAC-SHA-256: `claims.signature`, both in base64url. */
export function signedTokens(options: SignedTokensOptions): SignedTokens {
  const {
    secret,
    ttl = 60_000,
    cookie,
    now = () => systemClock.now(),
  } = given('signedTokens()', options, tokenSettings)
  const bytes = typeof secret === 'string' ? utf8(secret) : new Uint8Array(secret)
  if (bytes.length < leastSecret)
    throw new ConfigError(`bridge: a secret of ${bytes.length} bytes; ${leastSecret} are the least`)
  if (!(ttl > 0 && ttl < Number.POSITIVE_INFINITY))
    throw new ConfigError('bridge: a token needs a ttl of some milliseconds')
  let imported: Awaited<ReturnType<typeof crypto.subtle.importKey>> | undefined
  // The key is kept, not its promise: in a Worker that would belong to the first request.
  const key = async (): Promise<NonNullable<typeof imported>> => {
    imported ??= await crypto.subtle.importKey('raw', new Uint8Array(bytes), { name: 'HMAC', hash: 'SHA-256' }, false, [
      'sign',
      'verify',
    ])
    return imported
  }
  return {
    async sign({ id, targets, apis }) {
      if (typeof id !== 'string' || id === '') throw new ConfigError('bridge: a token needs the id of who it is for')
      if (apis !== undefined && !isApiPolicy(apis))
        throw new ConfigError("bridge: a token's apis are { allow, deny }: Kafka's names for its APIs")
      const text = utf8(
        JSON.stringify({ id, expires: now() + ttl, ...(targets && { targets }), ...(apis && { apis }) }),
      )
      if (text.length > longestClaims)
        throw new ConfigError(`bridge: a token with claims of ${text.length} bytes; ${longestClaims} are the most`)
      const claims = base64url(text)
      const signature = await crypto.subtle.sign('HMAC', await key(), new Uint8Array(utf8(claims)))
      return `${claims}.${base64url(new Uint8Array(signature))}`
    },
    async authenticate(request) {
      const text = request.token ?? (cookie === undefined ? undefined : request.cookie(cookie))
      const [claims = '', signature, ...more] = text === undefined || text.length > longestToken ? [] : text.split('.')
      const mac = signature === undefined ? undefined : fromBase64url(signature)
      if (mac === undefined || more.length > 0) return null
      // verify() compares in constant time. Nothing of the claims is looked at before.
      if (!(await crypto.subtle.verify('HMAC', await key(), mac, new Uint8Array(utf8(claims))))) return null
      return identityOf(claims, now())
    },
  }
}

function identityOf(claims: string, now: number): Identity | null {
  const bytes = fromBase64url(claims)
  if (bytes === undefined) return null
  const { id, expires, targets, apis } = JSON.parse(new TextDecoder().decode(bytes)) as TokenClaims & {
    expires: number
  }
  return expires > now ? { id, ...(targets && { targets }), ...(apis && { apis }) } : null
}
