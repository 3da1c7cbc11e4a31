import { ConfigError, kindOf } from './errors.ts'
import { foreignNames } from './foreign-names.ts'

type KindOf<V> = V extends string
  ? 'string'
  : V extends number
    ? 'number'
    : V extends boolean
      ? 'boolean'
      : V extends (...args: never[]) => unknown
        ? 'function'
        : 'object'
type IfOne<K, Whole = K> = K extends unknown ? ([Whole] extends [K] ? K : never) : never

/**
 * The settings that a T has and the `typeof` of each, 'any' where several do or null does. It stands beside the interface, and the compiler refuses one that lacks
 * a setting or has one too many.
 */
export type SettingKinds<T> = { readonly [K in keyof T]-?: IfOne<KindOf<NonNullable<T[K]>>> | 'any' }

/** Settings that belong to another object, and how to say so. */
export interface Elsewhere {
  readonly kinds: object
  readonly hint: string
}

/**
 * The settings that were given, without those that are undefined. A ConfigError for one that doesn't exist, which names the nearest that does, and for
 * one of the wrong kind. `of` is whose they are, in words: "a Writer"; `example` shows what can't be left out.
 */
export function given<T extends object>(of: string, config: T, kinds: SettingKinds<T>, example = '', elsewhere?: Elsewhere): T {
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw new ConfigError(`${of} needs ${example || 'an object of settings'}, not ${shown(config)}`)
  for (const [name, value] of Object.entries(config))
    if (value !== undefined && !Object.hasOwn(kinds, name))
      throw new ConfigError(`${name} is no setting of ${of}${advice(name, kinds, elsewhere)}`)
  const found = only(config, kinds)
  for (const name of Object.keys(found) as (keyof T & string)[]) {
    const value = found[name]
    const kind = kinds[name]
    // Null is an object to `typeof`; where it means something the kind is 'any'.
    if (kind !== 'any' && (typeof value !== kind || value === null))
      throw new ConfigError(`${name} of ${of} must be a${kind === 'object' ? 'n' : ''} ${kind}, not ${shown(value)}`)
  }
  return found
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
  const found = values.find(([name, each]) => each === value || (typeof value === 'string' && plain(name) === plain(value)))
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
  const ours = foreignNames.find(([foreign]) => foreign!.split(' ').includes(wanted))?.slice(1)
  return ours?.find(each => Object.hasOwn(names, each.split(':')[0]!))
}

function near(name: string, names: object): string | undefined {
  const wanted = plain(name)
  let best: string | undefined
  let least = Math.max(1, wanted.length * 0.4)
  for (const each of Object.keys(names)) {
    const known = plain(each)
    // One within the other is nearer than any misspelling, the longer the better.
    const within = (known.length > 2 && wanted.includes(known)) || (wanted.length > 3 && known.includes(wanted))
    const far = within ? 1 / known.length : distance(wanted, known)
    if (far > least) continue
    best = each
    least = far
  }
  return best
}

/** How many letters must be put in, left out or changed (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) next.push(Math.min(row[j]! + (a[i] === b[j] ? 0 : 1), row[j + 1]! + 1, next[j]! + 1))
    row = next
  }
  return row[b.length]!
}
