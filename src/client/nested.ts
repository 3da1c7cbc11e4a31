import { ConfigError } from '../base/errors.ts'
import { given, type SettingKinds, shown } from '../base/settings.ts'

/** The objects of a list in a request, checked as the request itself is. `of` is one of them, in words. */
export function itemsOf<T extends object>(of: string, items: readonly T[], kinds: SettingKinds<T>): T[] {
  if (!Array.isArray(items)) throw new ConfigError(`${of} is wanted, in a list, not ${shown(items)}`)
  return (items as readonly T[]).map(item => given(of, item, kinds))
}

/** The same for lists by topic. */
export function itemsByTopic<T extends object>(
  of: string,
  topics: Readonly<Record<string, readonly T[]>>,
  kinds: SettingKinds<T>,
): [topic: string, items: T[]][] {
  return Object.entries(topics).map(([topic, items]) => [topic, itemsOf(of, items, kinds)])
}
