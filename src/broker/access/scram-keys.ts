import { utf8 } from '../../bytes/utf8.ts'
import { type Crypto, cryptoOf } from '../../sasl/crypto.ts'

/** SCRAM's mechanisms, in Kafka's numbers. */
export const scramMechanisms = { 'SCRAM-SHA-256': 1, 'SCRAM-SHA-512': 2 } as const
export type ScramMechanism = keyof typeof scramMechanisms

/** Kafka's bounds. */
export const leastIterations = 4096
export const mostIterations = 16_384

/** What a broker knows a password by: the password is not to be had from it, nor can it be used in its place. */
export interface ScramKeys {
  readonly stored: Uint8Array
  readonly server: Uint8Array
}

/** What a client is told before it proves that it knows the password; the keys may still have to be made. */
export interface ScramCredential {
  readonly salt: Uint8Array
  readonly iterations: number
  keys(): Promise<ScramKeys>
}

export function cryptoFor(mechanism: ScramMechanism): Crypto {
  return cryptoOf(mechanism === 'SCRAM-SHA-256' ? 'SHA-256' : 'SHA-512')
}

/** Of a password that was salted. */
export async function keysOf(crypto: Crypto, salted: Uint8Array): Promise<ScramKeys> {
  const client = await crypto.hmac(salted, utf8('Client Key'))
  return { stored: await crypto.digest(client), server: await crypto.hmac(salted, utf8('Server Key')) }
}

/** Of a password as it is, with a salt that comes from the secret and is the same each time. Its keys are made once. */
export async function credentialOf(
  name: string,
  password: string,
  mechanism: ScramMechanism,
  secret: Uint8Array,
): Promise<ScramCredential> {
  const crypto = cryptoFor(mechanism)
  const salt = (await crypto.hmac(secret, utf8(name))).slice(0, 16)
  let made: Promise<ScramKeys> | undefined
  const make = async (): Promise<ScramKeys> =>
    keysOf(crypto, await crypto.stretch(utf8(password), salt, leastIterations))
  return {
    salt,
    iterations: leastIterations,
    keys: () => {
      made ??= make()
      return made
    },
  }
}
