import { ConfigError } from '../base/errors.ts'
import { given, type SettingKinds, shown } from '../base/settings.ts'

/** The objects of a list in a request, checked as the request itself is. `of` is one of them, in words. */
export function itemsOf<T extends object>(of: string, items: readonly T[], kinds: SettingKinds<T>): T[] {
  return listOf(of, items).map(item => given(of, item, kinds))
}

/** The same for lists by topic. */
export function itemsByTopic<T extends object>(
  of: string,
  topics: Readonly<Record<string, readonly T[]>>,
  kinds: SettingKinds<T>,
): [topic: string, items: T[]][] {
  return Object.entries(topics).map(([topic, items]) => [topic, itemsOf(of, items, kinds)])
}

/** Partitions by topic, checked. */
export function partitionsByTopic(
  of: string,
  topics: Readonly<Record<string, readonly number[]>>,
): [topic: string, partitions: readonly number[]][] {
  return Object.entries(topics).map(([topic, partitions]) => [topic, numbersOf(of, partitions)])
}

/** The numbers of a list in a request, checked. */
export function numbersOf(of: string, items: readonly number[]): readonly number[] {
  return scalarsOf(of, items, 'number')
}

/** The texts of a list in a request, checked. */
export function textsOf(of: string, items: readonly string[]): readonly string[] {
  return scalarsOf(of, items, 'string')
}

function scalarsOf<T>(of: string, items: readonly T[], kind: string): readonly T[] {
  const wrong = listOf(of, items).find(item => typeof item !== kind)
  if (wrong !== undefined || items.includes(undefined as T))
    throw new ConfigError(`${of} is a ${kind}, not ${shown(wrong)}`)
  return items
}

function listOf<T>(of: string, items: readonly T[]): readonly T[] {
  if (!Array.isArray(items)) throw new ConfigError(`${of} is wanted, in a list, not ${shown(items)}`)
  return items
}
