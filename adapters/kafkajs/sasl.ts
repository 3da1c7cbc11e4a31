import { AuthenticationError, messageOf } from '../../src/base/errors.ts'
import { utf8 } from '../../src/bytes/utf8.ts'
import type { Mechanism as CoreMechanism, StateMachine } from '../../src/sasl/mechanism.ts'
import { oauthBearer } from '../../src/sasl/oauthbearer.ts'
import { plain } from '../../src/sasl/plain.ts'
import { scram } from '../../src/sasl/scram.ts'
import { toBuffer } from './bytes.ts'
import { KafkaJSSASLAuthenticationError } from './errors.ts'
import type { Logger, Mechanism, SASLOptions, SaslAuthenticateArgs } from './types/common.ts'

/** The mechanism that kafkajs's settings mean. What is missing in them shows when a connection is made, as there. */
export function mechanismOf(sasl: SASLOptions | Mechanism, logger: Logger): CoreMechanism {
  const name = String(sasl.mechanism).toUpperCase()
  if ('authenticationProvider' in sasl) return bridged(name, sasl, logger)
  const needed = (given: unknown, message: string): void => {
    if (!given) throw new KafkaJSSASLAuthenticationError(message)
  }
  return {
    name,
    async start(session) {
      const given = sasl as unknown as Record<string, string> & { oauthBearerProvider?: () => Promise<never> }
      switch (name) {
        case 'PLAIN':
          needed(hasLogin(given), 'SASL Plain: Invalid username or password')
          return plain({ username: given.username!, password: given.password! }).start(session)
        case 'SCRAM-SHA-256':
        case 'SCRAM-SHA-512':
          needed(hasLogin(given), `SASL ${name.replace('-SHA-', ' SHA')} authentication: Invalid username or password`)
          return scram({
            username: given.username!,
            password: given.password!,
            hash: name === 'SCRAM-SHA-256' ? 'SHA-256' : 'SHA-512',
          }).start(session)
        case 'AWS':
          for (const field of ['authorizationIdentity', 'accessKeyId', 'secretAccessKey'])
            needed(given[field], `SASL AWS-IAM: Missing ${field}`)
          return awsIam(given)
        case 'OAUTHBEARER': {
          const { oauthBearerProvider } = given
          needed(oauthBearerProvider, 'SASL OAUTHBEARER: Missing OAuth bearer token provider')
          const token = (await oauthBearerProvider!()) as { value?: string; extensions?: Record<string, string> }
          needed(token?.value, 'SASL OAUTHBEARER: Invalid OAuth bearer token')
          const { authorizationIdentity: authorizationId } = given
          return oauthBearer({
            token: token.value!,
            ...(authorizationId !== undefined && { authorizationId }),
            ...(token.extensions && { extensions: token.extensions }),
          }).start(session)
        }
        default:
          throw new KafkaJSSASLAuthenticationError(`SASL ${name} mechanism is not supported by the client`)
      }
    },
  }
}

function hasLogin({ username, password }: Record<string, unknown>): boolean {
  return (username ?? null) !== null && (password ?? null) !== null
}

/** The mechanism of some gateways, not MSK's: the credentials as they are. */
function awsIam({ authorizationIdentity, accessKeyId, secretAccessKey, sessionToken = '' }: Record<string, string>): {
  machine: StateMachine
  response: Uint8Array
} {
  return {
    machine: { next: async () => ({ done: true }) },
    response: utf8([authorizationIdentity, accessKeyId, secretAccessKey, sessionToken].join('\0')),
  }
}

/** One thing at a time, handed from who makes it to who waits for it. */
class Handover<T> {
  #give: ((value: T) => void) | undefined
  next: Promise<T> = this.#fresh()

  give(value: T): void {
    this.#give?.(value)
  }

  renew(): void {
    this.next = this.#fresh()
  }

  #fresh(): Promise<T> {
    return new Promise(resolve => {
      this.#give = resolve
    })
  }
}

type Step = { readonly done: true } | { readonly done: false; readonly response: Uint8Array }

/**
 * A user's authenticator, which calls us with what is to be sent, as a mechanism, which is called with what came. Its
 * bytes carry their length before them, which Kafka's own requests have a place for.
 */
function bridged(name: string, { authenticationProvider }: Mechanism, logger: Logger): CoreMechanism {
  return {
    name,
    async start({ host, port }) {
      const steps = new Handover<Step | { readonly error: unknown }>()
      const answers = new Handover<Buffer>()
      const saslAuthenticate = async <T>({ request, response }: SaslAuthenticateArgs<T>): Promise<T | void> => {
        const bytes = await request.encode()
        answers.renew()
        steps.give({ done: false, response: bytes.subarray(4) })
        const answer = await answers.next
        if (response === undefined) return undefined
        return response.parse(await response.decode(answer))
      }
      const step = async (): Promise<Step> => {
        const made = await steps.next
        steps.renew()
        if (!('error' in made)) return made
        throw new AuthenticationError(`${name} authentication failed: ${messageOf(made.error)}`, { cause: made.error })
      }
      const run = async (): Promise<void> => {
        try {
          await authenticationProvider({
            host,
            port,
            logger: logger.namespace(`SaslAuthenticator-${name}`),
            saslAuthenticate,
          }).authenticate()
          steps.give({ done: true })
        } catch (error) {
          steps.give({ error })
        }
      }
      void run()
      const first = await step()
      const machine: StateMachine = {
        next: challenge => {
          const framed = new Uint8Array(4 + challenge.length)
          new DataView(framed.buffer).setInt32(0, challenge.length)
          framed.set(challenge, 4)
          answers.give(toBuffer(framed))
          return step()
        },
      }
      // Nothing to send is an empty first response.
      return { machine, response: first.done ? new Uint8Array(0) : first.response }
    },
  }
}
