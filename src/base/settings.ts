import { ConfigError, kindOf } from './errors.ts'
import { foreignNames } from './foreign-names.ts'

type KindOf<V> = V extends string
  ? 'string'
  : V extends number
    ? 'number'
    : V extends boolean
      ? 'boolean'
      : V extends bigint
        ? 'bigint'
        : V extends readonly unknown[]
          ? 'list'
          : V extends ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown)
            ? 'function'
            : 'object'
type IfOne<K, Whole = K> = K extends unknown ? ([Whole] extends [K] ? K : never) : never
type Kind<V> = (IfOne<KindOf<V>> | 'any') & string

/**
 * The settings that a T has and the kind of each, 'any' where several do or null does; with a `!` for those that must
 * be given. It stands beside the interface, and the compiler refuses one that lacks a setting or has one too many.
 */
export type SettingKinds<T> = {
  readonly [K in keyof T]-?: object extends Pick<T, K> ? Kind<NonNullable<T[K]>> : `${Kind<NonNullable<T[K]>>}!`
}

/** Settings that belong to another object, and how to say so. */
export interface Elsewhere {
  readonly kinds: object
  readonly hint: string
}

/**
 * The settings that were given, without those that are undefined. A ConfigError for one that doesn't exist, which names
 * the nearest that does, and for one of the wrong kind. `of` is whose they are, in words: "a Writer"; `example` shows
 * what can't be left out.
 */
export function given<T extends object>(
  of: string,
  config: T,
  kinds: SettingKinds<T>,
  example = '',
  elsewhere?: Elsewhere,
): T {
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw new ConfigError(`${of} needs ${example || needed(kinds)}, not ${shown(config)}`)
  for (const [name, value] of Object.entries(config))
    if (value !== undefined && !Object.hasOwn(kinds, name))
      throw new ConfigError(`${name} is no setting of ${of}${advice(name, kinds, elsewhere)}`)
  const found = only(config, kinds)
  for (const [name, wanted] of Object.entries<string>(kinds)) {
    const value = (found as Record<string, unknown>)[name]
    const kind = wanted.replace('!', '')
    if (value === undefined && kind !== wanted)
      throw new ConfigError(`${of} needs ${example || needed(kinds)}; ${name} is missing`)
    if (value !== undefined && kind !== 'any' && kindOfSetting(value) !== kind)
      throw new ConfigError(`${name} of ${of} must be ${kind === 'object' ? 'an' : 'a'} ${kind}, not ${shown(value)}`)
  }
  return found
}

function kindOfSetting(value: unknown): string {
  return Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value
}

function needed(kinds: object): string {
  const names = Object.entries(kinds).flatMap(([name, kind]) => (kind.endsWith('!') ? [name] : []))
  return names.length === 0 ? 'an object of settings' : `{ ${names.join(', ')} }`
}

/** Those of the settings that a T has, without those that are undefined. */
export function only<T extends object>(config: T, kinds: SettingKinds<T>): T {
  const found: Partial<T> = {}
  for (const name of Object.keys(kinds) as (keyof T)[]) if (config[name] !== undefined) found[name] = config[name]
  return found as T
}

/** The one of these names that was most likely meant: misspelt, or called so by another client. */
export function nearest(name: string, names: object): string | undefined {
  return sameAs(name, names) ?? near(name, names)
}

/** The value of an enumeration, given as itself or by name, whatever its case; `choices` are listed in the error. */
export function oneOf<V>(setting: string, value: unknown, choices: Readonly<Record<string, V>>): V {
  const values = Object.entries(choices)
  const found = values.find(
    ([name, each]) => each === value || (typeof value === 'string' && plain(name) === plain(value)),
  )
  if (found === undefined) {
    const names = values.map(([name]) => `'${name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase()}'`)
    throw new ConfigError(`${setting} must be one of ${names.join(', ')}, not ${shown(value)}`)
  }
  return found[1]
}

/** A value as an error shows it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value)
}

function advice(name: string, kinds: object, elsewhere: Elsewhere | undefined): string {
  const same = sameAs(name, kinds)
  const other = same === undefined && elsewhere ? sameAs(name, elsewhere.kinds) : undefined
  if (other !== undefined) return `: ${elsewhere!.hint.replace('*', other)}`
  const meant = same ?? near(name, kinds)
  return meant === undefined ? `, which has ${Object.keys(kinds).join(', ')}` : `; did you mean ${meant}?`
}

/** A name without what clients differ in: `session.timeout.ms` is sessionTimeout. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]|ms$/g, '')
}

function sameAs(name: string, names: object): string | undefined {
  const wanted = plain(name)
  const word = Object.keys(names).find(each => plain(each) === wanted)
  if (word !== undefined) return word
  const [, ours = ''] =
    foreignNames
      .split('\n')
      .map(line => line.split(' > '))
      .find(([foreign]) => foreign!.split(' ').includes(wanted)) ?? []
  return ours.split(',').find(each => Object.hasOwn(names, each.split(':')[0]!))
}

/** The name that shares the most pairs of letters with another (Dice's coefficient), if half of them or more. */
function near(name: string, names: object): string | undefined {
  const wanted = pairsOf(name)
  let best: string | undefined
  let most = 0.5
  for (const each of Object.keys(names)) {
    const known = pairsOf(each)
    const alike = (2 * known.filter(pair => wanted.includes(pair)).length) / (known.length + wanted.length)
    if (alike < most) continue
    best = each
    most = alike
  }
  return best
}

function pairsOf(name: string): string[] {
  return [...plain(name)].map((letter, i, all) => letter + all[i + 1]).slice(0, -1)
}
