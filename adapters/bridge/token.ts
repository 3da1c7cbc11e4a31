import { systemClock } from '../../src/base/clock.ts'
import { ConfigError } from '../../src/base/errors.ts'
import { given, type SettingKinds } from '../../src/base/settings.ts'
import { utf8 } from '../../src/bytes/utf8.ts'
import { base64url, fromBase64url } from '../shared/bridge-wire.ts'
import { checkClaims, claimsOf, type SignedClaims, type TokenClaims } from './claims.ts'
import type { Authenticator } from './config.ts'

/** How tokens are signed and verified. */
export interface SignedTokensOptions {
  /** Shared by who signs and who verifies: 32 bytes at least. */
  secret: string | Uint8Array
  /** Milliseconds a token is good for, and connections with it; 600,000 by default. */
  ttl?: number
  /** What the tokens are for, where several bridges or services share the secret: others than these are refused. */
  audience?: string
  /** Each token opens one connection. What was used is remembered by this process alone. Default false. */
  singleUse?: boolean
  /** Take the token from this cookie, too, where no subprotocol carries one. */
  cookie?: string
  /** Milliseconds since 1970; for tests. */
  now?: () => number
}

const tokenSettings: SettingKinds<SignedTokensOptions> = {
  secret: 'any!',
  ttl: 'number',
  audience: 'string',
  singleUse: 'boolean',
  cookie: 'string',
  now: 'function',
}

/** Makes tokens, and an authenticator that takes them. */
export interface SignedTokens {
  /**
   * A token for a client, to be fetched over your own authenticated channel. A ConfigError without an id, and with more
   * targets than fit.
   */
  sign(claims: TokenClaims): Promise<string>
  /** For the bridge's `authenticate`. */
  readonly authenticate: Authenticator
  /** Tokens of this id that were signed up to now are good no more, and connections with them end. In this process. */
  revoke(id: string): void
}

const leastSecret = 32
// Used and revoked ones.
const mostRemembered = 100_000
const longestToken = 4096
// As base64url, with a dot and a signature of 43 characters.
const longestClaims = 3039

/** Short-lived tokens signed with HMAC-SHA-256: `claims.signature`, both in base64url. */
export function signedTokens(options: SignedTokensOptions): SignedTokens {
  const {
    secret,
    ttl = 600_000,
    audience,
    singleUse = false,
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
  /** Ids of tokens that were used, and until when those are good; ids whose tokens were revoked, and when. */
  const used = new Map<string, number>()
  const revoked = new Map<string, number>()
  const isRevoked = ({ id, issued }: SignedClaims): boolean => issued <= (revoked.get(id) ?? Number.NEGATIVE_INFINITY)
  const isGood = (claims: SignedClaims): boolean => {
    const at = now()
    return claims.expires > at && (claims.notBefore ?? at) <= at && claims.audience === audience && !isRevoked(claims)
  }
  /** False when it was used before, or when there are too many to remember. */
  const isFirst = ({ expires, once }: SignedClaims): boolean => {
    if (!singleUse) return true
    if (once === undefined || used.has(once)) return false
    if (used.size >= mostRemembered) for (const [each, until] of used) if (until <= now()) used.delete(each)
    if (used.size >= mostRemembered) return false
    used.set(once, expires)
    return true
  }
  return {
    async sign(claims) {
      checkClaims(claims)
      const { apis, id, notBefore, targets } = claims
      const once = singleUse && base64url(crypto.getRandomValues(new Uint8Array(16)))
      const signed: SignedClaims = {
        id,
        issued: now(),
        expires: Math.max(now(), notBefore ?? 0) + ttl,
        ...(targets && { targets }),
        ...(apis && { apis }),
        ...(notBefore !== undefined && { notBefore }),
        ...(audience !== undefined && { audience }),
        ...(once && { once }),
      }
      const text = utf8(JSON.stringify(signed))
      if (text.length > longestClaims)
        throw new ConfigError(`bridge: a token with claims of ${text.length} bytes; ${longestClaims} are the most`)
      const encoded = base64url(text)
      const signature = await crypto.subtle.sign('HMAC', await key(), new Uint8Array(utf8(encoded)))
      return `${encoded}.${base64url(new Uint8Array(signature))}`
    },
    async authenticate(request) {
      const text = request.token ?? (cookie === undefined ? undefined : request.cookie(cookie))
      const [encoded = '', signature, ...more] = text === undefined || text.length > longestToken ? [] : text.split('.')
      const mac = signature === undefined ? undefined : fromBase64url(signature)
      if (mac === undefined || more.length > 0) return null
      // verify() compares in constant time. Nothing of the claims is looked at before.
      if (!(await crypto.subtle.verify('HMAC', await key(), mac, new Uint8Array(utf8(encoded))))) return null
      const bytes = fromBase64url(encoded)
      const claims = bytes && claimsOf(bytes)
      if (claims === undefined || !isGood(claims) || !isFirst(claims)) return null
      const { apis, expires, id, targets } = claims
      return {
        id,
        expires,
        isRevoked: () => isRevoked(claims),
        ...(targets && { targets }),
        ...(apis && { apis }),
      }
    },
    revoke(id) {
      // The longest ago first: no token lives that long.
      revoked.delete(id)
      if (revoked.size >= mostRemembered) revoked.delete(revoked.keys().next().value!)
      revoked.set(id, now())
    },
  }
}
