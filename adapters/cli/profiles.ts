import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../../src/base/errors.ts'
import { UsageError } from './command.ts'
import { fileOf } from './options.ts'

type Environment = Readonly<Record<string, string | undefined>>
/** By option, as on the command line. */
export type Profile = Readonly<Record<string, string | boolean>>

export const profileHelp = `  --profile name            from the file that ISOKAFKA_PROFILES names, ~/.config/isokafka.json by default: { "name": { "brokers": …,
                            "tls": true, "sasl-username": … } }, options by their names; or ISOKAFKA_PROFILE in the environment.
                            "default" is taken if there is one`

/**
 * The profile of that name, or the default one; options that are no cluster's are refused, secrets among them: those are
 * in files and in the environment alone.
 */
export function profileOf(name: string | undefined, known: readonly string[], environment: Environment): Profile {
  const path = environment['ISOKAFKA_PROFILES'] ?? defaultPath(environment)
  const chosen = name ?? environment['ISOKAFKA_PROFILE']
  if (chosen === undefined && !existsSync(path)) return {}
  const profiles = parsed(path)
  const profile = Object.hasOwn(profiles, chosen ?? 'default') ? profiles[chosen ?? 'default'] : undefined
  if (profile === undefined) {
    if (chosen === undefined) return {}
    throw new UsageError(`${path} has no profile "${chosen}", but ${Object.keys(profiles).join(', ') || 'none'}`)
  }
  for (const [option, value] of Object.entries(asObject(profile, `${path}: profile ${chosen ?? 'default'}`))) {
    if (!known.includes(option)) throw new UsageError(`${path}: ${option} is nothing that a profile has`)
    const wanted = option === 'tls' ? 'boolean' : 'string'
    if (typeof value !== wanted) throw new UsageError(`${path}: ${option} is to be a ${wanted}`)
  }
  return profile as Profile
}

function defaultPath(environment: Environment): string {
  return join(environment['XDG_CONFIG_HOME'] || join(environment['HOME'] ?? homedir(), '.config'), 'isokafka.json')
}

function parsed(path: string): Readonly<Record<string, unknown>> {
  const text = fileOf('profiles', path)
  try {
    return asObject(JSON.parse(text), path)
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`${path}: ${messageOf(error)}`, { cause: error })
  }
}

function asObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UsageError(`${what} is not { "name": … }`)
  return value as Readonly<Record<string, unknown>>
}
