import { AuthenticationError, ConfigError, messageOf } from '../base/errors.ts'
import { given, type SettingKinds } from '../base/settings.ts'
import { utf8 } from '../bytes/utf8.ts'
import { toBase64 } from './crypto.ts'
import type { BearerToken, TokenRequest } from './token-cache.ts'

/** A JWT that speaks for the client; a function is asked for each token. `signedJwt()` makes one that signs. */
type Assertion = string | ((request: TokenRequest) => string | Promise<string>)

/** What is used of `fetch`. */
type Fetch = (
  address: string,
  request: {
    method: 'POST'
    headers: Record<string, string>
    body: string
    redirect: 'error'
    signal: AbortSignal
  },
) => Promise<Answer>

interface Answer {
  readonly status: number
  readonly body: {
    getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>; cancel(): Promise<void> }
  } | null
}

/** How to get a token from an identity provider. */
export interface OidcOptions {
  /** The identity provider's token endpoint, by https unless it is on this machine. */
  tokenEndpoint: string
  /** As whom. Needed with `clientSecret`. */
  clientId?: string
  /** With the client id: the grant of client credentials (RFC 6749, 4.4; KIP-768). */
  clientSecret?: string
  /** In place of a secret: the client proves itself by a JWT (RFC 7523, 2.2; KIP-1258). */
  clientAssertion?: Assertion
  /** A JWT that is exchanged for the token: the grant of RFC 7523, 2.1 (KIP-1139). */
  assertion?: Assertion
  /** What the token is to be good for. Default: what the provider gives. */
  scope?: string
  /** Whatever else the provider wants in the form: `audience`, `resource` … */
  parameters?: Readonly<Record<string, string>>
  /** Time limit of a request, in milliseconds; 10,000. */
  timeout?: number
  /** Default: the runtime's. */
  fetch?: Fetch
}

const oidcSettings: SettingKinds<OidcOptions> = {
  tokenEndpoint: 'string!',
  clientId: 'string',
  clientSecret: 'string',
  clientAssertion: 'any',
  assertion: 'any',
  scope: 'string',
  parameters: 'object',
  timeout: 'number',
  fetch: 'function',
}

const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const jwtGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
/** No token is nearly as long. */
const longestAnswer = 256 * 1024
/** Of an answer that refuses: later it may be another. */
const passing: readonly number[] = [408, 425, 429]

/**
 * A function for `oauthBearer` that gets tokens of an OpenID Connect or OAuth 2.0 provider. A provider that can't be
 * reached, or is in trouble itself, counts as an outage; one that refuses is an AuthenticationError.
 */
export function oidc(options: OidcOptions): (request: TokenRequest) => Promise<BearerToken> {
  const settings = given('oidc()', options, oidcSettings)
  const { tokenEndpoint, clientId, clientSecret, clientAssertion, assertion, timeout = 10_000 } = settings
  const { protocol, hostname } = endpointOf(tokenEndpoint)
  if (protocol !== 'https:' && !/^(localhost|127\..*|\[::1\])$/.test(hostname))
    throw new ConfigError('oidc(): tokenEndpoint must be an https address: the secret goes there')
  const ways = [clientSecret, clientAssertion, assertion].filter(way => way !== undefined)
  if (ways.length !== 1) throw new ConfigError('oidc() needs one of clientSecret, clientAssertion and assertion')
  if (assertion === undefined && !clientId) throw new ConfigError('oidc(): clientId is missing')
  return async request => {
    const form = new URLSearchParams(settings.parameters)
    const headers: Record<string, string> = {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    }
    form.set('grant_type', assertion === undefined ? 'client_credentials' : jwtGrant)
    if (settings.scope !== undefined) form.set('scope', settings.scope)
    if (clientSecret !== undefined) headers['authorization'] = basic(clientId!, clientSecret)
    else if (clientId !== undefined) form.set('client_id', clientId)
    if (clientAssertion !== undefined) {
      form.set('client_assertion_type', jwtBearer)
      form.set('client_assertion', await read(clientAssertion, request))
    }
    if (assertion !== undefined) form.set('assertion', await read(assertion, request))
    const ending = new AbortController()
    const cancel = request.clock.after(timeout, () => ending.abort(new Error(`no answer within ${timeout} ms`)))
    try {
      const ask = settings.fetch ?? (globalThis as unknown as { fetch: Fetch }).fetch
      // A redirect would carry the secret along.
      const response = await ask(tokenEndpoint, {
        method: 'POST',
        headers,
        body: form.toString(),
        redirect: 'error',
        signal: ending.signal,
      })
      return tokenIn(response.status, await textOf(response), tokenEndpoint, request)
    } catch (error) {
      throw ending.signal.aborted ? new Error(`${tokenEndpoint}: ${messageOf(ending.signal.reason)}`) : error
    } finally {
      cancel()
    }
  }
}

function endpointOf(address: string): URL {
  try {
    return new URL(address)
  } catch {
    throw new ConfigError(`oidc(): tokenEndpoint is no address: ${address.slice(0, 200)}`)
  }
}

async function read(assertion: Assertion, request: TokenRequest): Promise<string> {
  return typeof assertion === 'function' ? await assertion(request) : assertion
}

/** RFC 6749, 2.3.1: both are form-encoded first. */
function basic(id: string, secret: string): string {
  const encoded = [id, secret].map(text => new URLSearchParams({ '': text }).toString().slice(1)).join(':')
  return `Basic ${toBase64(utf8(encoded))}`
}

async function textOf(response: Answer): Promise<string> {
  const reader = response.body?.getReader()
  if (reader === undefined) return ''
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    text += decoder.decode(value, { stream: true })
    if (text.length <= longestAnswer) continue
    await reader.cancel()
    throw new AuthenticationError(`the token endpoint answers more than ${longestAnswer} bytes`)
  }
}

function tokenIn(status: number, text: string, endpoint: string, { clock }: TokenRequest): BearerToken {
  const answer = parsed(text)
  if (status >= 500 || passing.includes(status)) throw new Error(`${endpoint} answers with status ${status}`)
  if (status !== 200) {
    const { error, error_description } = answer
    const why = [error, error_description].filter(part => typeof part === 'string').join(': ')
    throw new AuthenticationError(`${endpoint} refuses a token: ${why.slice(0, 200) || `status ${status}`}`)
  }
  const { access_token: value, expires_in: seconds } = answer
  if (typeof value !== 'string' || value === '')
    throw new AuthenticationError(`${endpoint} answers without an access_token`)
  return Number.isFinite(Number(seconds)) && Number(seconds) > 0
    ? { value, expiresAt: clock.now() + Number(seconds) * 1000 }
    : { value }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
