import { ConfigError, kindOf } from '../base/errors.ts'
import { given, type SettingKinds } from '../base/settings.ts'
import { utf8 } from '../bytes/utf8.ts'
import type { Mechanism } from './mechanism.ts'

/** A name and a password. */
export interface PlainOptions {
  /** The user's name. */
  username: string
  /** Sent as it is: only over TLS is it hidden. */
  password: string
  /** Whom to act as, if not the user. */
  authorizationId?: string
}

const plainSettings: SettingKinds<PlainOptions> = {
  username: 'string!',
  password: 'string!',
  authorizationId: 'string',
}

/** PLAIN (RFC 4616): user name and password in the clear. Use it under TLS only. */
export function plain(options: PlainOptions): Mechanism {
  // Errors show what was given in place of a setting; these are secrets, wherever they stand.
  if (typeof options !== 'object') throw new ConfigError(`plain() needs { username, password }, not ${kindOf(options)}`)
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && typeof value !== 'string')
      throw new ConfigError(`${name} of plain() must be a string, not ${kindOf(value)}`)
  const { username, password, authorizationId = '' } = given('plain()', options, plainSettings)
  for (const [name, text] of Object.entries({ username, password, authorizationId })) {
    if (text.includes('\0')) throw new ConfigError(`PLAIN: ${name} holds a NUL character, which separates the fields`)
  }
  if (username === '') throw new ConfigError('PLAIN: username is empty')
  return {
    name: 'PLAIN',
    async start() {
      // The broker refuses wrong credentials with an error code, so that any answer is the end.
      return {
        machine: { next: async () => ({ done: true }) },
        response: utf8(`${authorizationId}\0${username}\0${password}`),
      }
    },
  }
}
