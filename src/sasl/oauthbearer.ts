import { AuthenticationError, ConfigError } from '../base/errors.ts'
import { given, type SettingKinds } from '../base/settings.ts'
import { readUtf8, utf8 } from '../bytes/utf8.ts'
import type { Mechanism } from './mechanism.ts'
import { TokenCache, type TokenSource } from './token-cache.ts'

/** How to log in with a token. */
export interface OAuthBearerOptions {
  /** The token, or what gets one. A function that fails counts as an outage, unless with an error of ours. */
  token: string | TokenSource
  /** Whom to act as, if not whom the token is about. */
  authorizationId?: string
  /** What goes to the broker along with the token (KIP-342): `logicalCluster` and the like. */
  extensions?: Readonly<Record<string, string>>
}

const oauthBearerSettings: SettingKinds<OAuthBearerOptions> = {
  token: 'any!',
  authorizationId: 'string',
  extensions: 'object',
}

const separator = '\x01'

/**
 * OAUTHBEARER (RFC 7628, KIP-255): a token of an identity provider. It is kept and shared by all connections, and got
 * anew when four fifths of its time are over. Use it under TLS only. `oidc()` makes a function that gets tokens.
 */
export function oauthBearer(options: OAuthBearerOptions): Mechanism {
  const { token, authorizationId = '', extensions = {} } = given('oauthBearer()', options, oauthBearerSettings)
  if (typeof token !== 'function' && (typeof token !== 'string' || token === ''))
    throw new ConfigError('OAUTHBEARER: token must be a text or a function that gets one')
  if (authorizationId.includes(separator)) throw new ConfigError('OAUTHBEARER: authorizationId holds a \\x01')
  checkExtensions(extensions)
  const cache = new TokenCache(typeof token === 'function' ? token : () => token)
  const whom = authorizationId.replaceAll('=', '=3D').replaceAll(',', '=2C')
  return {
    name: 'OAUTHBEARER',
    async start(session) {
      const { value, extensions: own = {} } = await cache.token(session)
      // RFC 6750, 2.1: whatever else is in it would end the field.
      if (!/^[\w~+/.-]+=*$/.test(value))
        throw new AuthenticationError('OAUTHBEARER: the token has letters that none may')
      checkExtensions(own)
      const pairs = { auth: `Bearer ${value}`, ...extensions, ...own }
      const fields = Object.entries(pairs).map(([key, text]) => `${key}=${text}${separator}`)
      const response = utf8(`n,${whom && `a=${whom}`},${separator}${fields.join('')}${separator}`)
      return {
        machine: {
          async next(challenge) {
            if (challenge.length === 0) return { done: true }
            // Why the broker does not take it. It would now wait for a \x01, only to say so again.
            cache.forget()
            throw new AuthenticationError(`OAUTHBEARER: the broker refused the token: ${reasonIn(challenge)}`)
          },
        },
        response,
      }
    },
  }
}

function checkExtensions(extensions: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(extensions)) {
    if (!/^[A-Za-z]+$/.test(key) || key === 'auth')
      throw new ConfigError(`OAUTHBEARER: ${key} is no name of an extension`)
    if (typeof value !== 'string' || !/^[\x20-\x7e\t\r\n]*$/.test(value))
      throw new ConfigError(`OAUTHBEARER: the extension ${key} must be plain text`)
  }
}

function reasonIn(challenge: Uint8Array): string {
  const text = readUtf8(challenge, 0, Math.min(challenge.length, 1000))
  try {
    const { status, scope } = JSON.parse(text) as { status?: string; scope?: string }
    return [status ?? text, scope && `scope ${scope}`].filter(Boolean).join(', ').slice(0, 200)
  } catch {
    return text.slice(0, 200)
  }
}
