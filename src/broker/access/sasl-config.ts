import { ConfigError } from '../../base/errors.ts'
import { given, type SettingKinds } from '../../base/settings.ts'

/** Whom a token of OAUTHBEARER is of, and when it ends: a Date or milliseconds since 1970. */
export interface BearerIdentity {
  /** The user's name, without 'User:'. */
  principal: string
  /** When the token ends. */
  expiresAt?: Date | number
}

/**
 * How clients say who they are. Given, every connection must authenticate first, unless it came by a listener that
 * asks nobody.
 */
export interface BrokerSasl {
  /**
   * Names and passwords, by PLAIN and SCRAM. Others come by AlterUserScramCredentials; these stay as they are, and are
   * not told by DescribeUserScramCredentials.
   */
  users?: Readonly<Record<string, string>>
  /** Of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER; all by default, the last where `oauthBearer` is given. */
  mechanisms?: readonly string[]
  /** Whose a token is; undefined, or an error, for one that is not good. */
  oauthBearer?: (token: string) => BearerIdentity | undefined | Promise<BearerIdentity | undefined>
}

const saslSettings: SettingKinds<BrokerSasl> = { users: 'object', mechanisms: 'list', oauthBearer: 'function' }

/** As it was found to make sense. */
export interface SaslSettings extends Required<Omit<BrokerSasl, 'oauthBearer'>>, Pick<BrokerSasl, 'oauthBearer'> {}

const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER']

/** What was given, once it was found to make sense: a ConfigError, which shows no password, when it does not. */
export function saslOf(users: BrokerSasl['users'], sasl: BrokerSasl | undefined): SaslSettings | undefined {
  if (users === undefined && sasl === undefined) return undefined
  const settings = given('sasl of a Broker', sasl ?? {}, saslSettings)
  if (users !== undefined && settings.users !== undefined)
    throw new ConfigError('Broker: users are sasl.users: give one of them')
  const { oauthBearer } = settings
  const possible = oauthBearer === undefined ? mechanisms.slice(0, -1) : mechanisms
  const wrong = settings.mechanisms?.find(each => !possible.includes(each))
  if (wrong !== undefined)
    throw new ConfigError(
      `Broker: sasl.mechanisms: ${wrong === 'OAUTHBEARER' ? 'OAUTHBEARER needs sasl.oauthBearer' : `there is no ${wrong}, but ${possible.join(', ')}`}`,
    )
  const all = settings.users ?? users ?? {}
  for (const [name, password] of Object.entries(all))
    if (name === '' || typeof password !== 'string' || password === '')
      throw new ConfigError(`Broker: users: '${name}' needs a name and a password, which is a text`)
  return { users: all, mechanisms: settings.mechanisms ?? possible, ...(oauthBearer && { oauthBearer }) }
}
