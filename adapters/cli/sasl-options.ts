import { messageOf } from '../../src/base/errors.ts'
import { awsMskIam } from '../../src/sasl/aws-msk-iam.ts'
import type { Mechanism } from '../../src/sasl/mechanism.ts'
import { oauthBearer } from '../../src/sasl/oauthbearer.ts'
import { oidc } from '../../src/sasl/oidc.ts'
import { plain } from '../../src/sasl/plain.ts'
import { scram } from '../../src/sasl/scram.ts'
import { UsageError } from './command.ts'
import { fileOf } from './options.ts'

// How a command logs in to the brokers. Secrets are in files and in the environment alone: what is on a command line, all
// users of the machine may see.

/** `prefix`: of the variables with secrets. `asks`: for what is not there. */
export const saslHelp = (
  prefix: string,
  asks = false,
): string => `  --sasl-mechanism name     authenticate to the brokers by PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or AWS_MSK_IAM;
                            PLAIN by default if there is a --sasl-username
  --sasl-username name      of PLAIN and SCRAM; the password is in ${prefix}_SASL_PASSWORD or --sasl-password-file${asks ? ', or asked\n                            for at a terminal' : ''}
  --sasl-token-file path    of OAUTHBEARER: where the token is; read anew when its time is nearly over
  --sasl-token-endpoint url of OAUTHBEARER: where an OpenID Connect provider gives tokens to --sasl-client-id, for
                            --sasl-scope; the secret is in ${prefix}_SASL_CLIENT_SECRET or --sasl-client-secret-file
  --sasl-region name        of AWS_MSK_IAM; the keys are in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN,
                            or, read anew each time, in --sasl-credentials-file, JSON as a credential_process of AWS prints it`

const text = { type: 'string' } as const

export const saslOptions = {
  'sasl-mechanism': text,
  'sasl-username': text,
  'sasl-password-file': text,
  'sasl-token-file': text,
  'sasl-token-endpoint': text,
  'sasl-client-id': text,
  'sasl-client-secret-file': text,
  'sasl-scope': text,
  'sasl-region': text,
  'sasl-credentials-file': text,
} as const

type Option = Exclude<keyof typeof saslOptions, 'sasl-mechanism'>
type Values = { readonly [name in keyof typeof saslOptions]?: string | undefined }
type Environment = Readonly<Record<string, string | undefined>>

interface Way {
  readonly options: readonly Option[]
  mechanism(given: Given): Mechanism
}

const password: readonly Option[] = ['sasl-username', 'sasl-password-file']

const ways: Readonly<Record<string, Way>> = {
  PLAIN: { options: password, mechanism: given => plain(given.user()) },
  'SCRAM-SHA-256': { options: password, mechanism: given => scram({ ...given.user(), hash: 'SHA-256' }) },
  'SCRAM-SHA-512': { options: password, mechanism: given => scram({ ...given.user(), hash: 'SHA-512' }) },
  OAUTHBEARER: {
    options: ['sasl-token-file', 'sasl-token-endpoint', 'sasl-client-id', 'sasl-client-secret-file', 'sasl-scope'],
    mechanism: bearer,
  },
  AWS_MSK_IAM: { options: ['sasl-region', 'sasl-credentials-file'], mechanism: iam },
}

/** How to authenticate; undefined if nothing says so. A UsageError for what makes no sense. */
export function saslOf(values: Values, environment: Environment, prefix: string): Mechanism | undefined {
  const named = (Object.keys(saslOptions) as (keyof typeof saslOptions)[]).filter(name => values[name] !== undefined)
  if (named.length === 0) return undefined
  const name = values['sasl-mechanism'] ?? (values['sasl-username'] === undefined ? undefined : 'PLAIN')
  if (name === undefined) throw new UsageError(`--${named[0]} goes with a --sasl-mechanism`)
  const way = Object.hasOwn(ways, name) ? ways[name] : undefined
  if (way === undefined)
    throw new UsageError(`--sasl-mechanism: there is no "${name}", but ${Object.keys(ways).join(', ')}`)
  const stray = named.find(each => each !== 'sasl-mechanism' && !way.options.includes(each))
  if (stray !== undefined) throw new UsageError(`--${stray} is nothing of ${name}`)
  return way.mechanism(new Given(name, values, environment, prefix))
}

/** What the command line, its files and the environment say. */
class Given {
  readonly #mechanism: string
  readonly #values: Values
  readonly #environment: Environment
  readonly #prefix: string

  constructor(mechanism: string, values: Values, environment: Environment, prefix: string) {
    this.#mechanism = mechanism
    this.#values = values
    this.#environment = environment
    this.#prefix = prefix
  }

  value(option: Option): string | undefined {
    return this.#values[option]
  }

  wanted(option: Option): string {
    const value = this.#values[option]
    if (value === undefined) throw new UsageError(`${this.#mechanism} needs --${option}`)
    return value
  }

  variable(name: string): string | undefined {
    return this.#environment[name]
  }

  /** From the file, or else from the environment. */
  secret(option: Option, name: string): string {
    const variable = `${this.#prefix}${name}`
    const path = this.#values[option]
    const value = path === undefined ? this.#environment[variable] : contents(option, path)
    if (value === undefined || value === '')
      throw new UsageError(`${this.#mechanism} needs ${variable} in the environment, or --${option}`)
    return value
  }

  user(): { username: string; password: string } {
    return {
      username: this.wanted('sasl-username'),
      password: this.secret('sasl-password-file', '_SASL_PASSWORD'),
    }
  }
}

function bearer(given: Given): Mechanism {
  const path = given.value('sasl-token-file')
  const tokenEndpoint = given.value('sasl-token-endpoint')
  if ((path === undefined) === (tokenEndpoint === undefined))
    throw new UsageError('OAUTHBEARER needs --sasl-token-file or --sasl-token-endpoint')
  if (tokenEndpoint !== undefined) {
    const clientId = given.wanted('sasl-client-id')
    const clientSecret = given.secret('sasl-client-secret-file', '_SASL_CLIENT_SECRET')
    const scope = given.value('sasl-scope')
    return oauthBearer({
      token: oidc({ tokenEndpoint, clientId, clientSecret, ...(scope !== undefined && { scope }) }),
    })
  }
  return oauthBearer({ token: readAgain(() => contents('sasl-token-file', path!)) })
}

function iam(given: Given): Mechanism {
  const region = given.wanted('sasl-region')
  const path = given.value('sasl-credentials-file')
  if (path !== undefined) return awsMskIam({ region, credentials: readAgain(() => credentialsIn(path)) })
  const keys = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].map(name => given.variable(name))
  const [accessKeyId, secretAccessKey] = keys
  if (!accessKeyId || !secretAccessKey)
    throw new UsageError(
      'AWS_MSK_IAM needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or --sasl-credentials-file',
    )
  const sessionToken = given.variable('AWS_SESSION_TOKEN')
  return awsMskIam({ region, credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } })
}

function credentialsIn(path: string): { accessKeyId: string; secretAccessKey: string; sessionToken?: string } {
  const option = 'sasl-credentials-file'
  let found: { AccessKeyId?: unknown; SecretAccessKey?: unknown; SessionToken?: unknown }
  try {
    found = Object(JSON.parse(contents(option, path)))
  } catch (error) {
    if (error instanceof UsageError) throw error
    // What Node says of wrong JSON repeats some of it.
    throw new UsageError(`--${option}: ${path} is no JSON`)
  }
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = found
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string')
    throw new UsageError(`--${option}: ${path} is without AccessKeyId and SecretAccessKey`)
  return { accessKeyId, secretAccessKey, ...(typeof sessionToken === 'string' && { sessionToken }) }
}

/**
 * Reads now, for what is not there is told before anybody connects, and whenever it is called. What goes wrong then is an
 * outage: somebody may just be replacing the file.
 */
function readAgain<T>(read: () => T): () => T {
  read()
  return () => {
    try {
      return read()
    } catch (error) {
      throw new Error(messageOf(error), { cause: error })
    }
  }
}

/** Of a file with one line: editors and `echo` end it. */
function contents(option: Option, path: string): string {
  return fileOf(`--${option}`, path).replace(/\r?\n$/, '')
}
