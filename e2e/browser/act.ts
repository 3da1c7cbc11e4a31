import type { Tab } from './browser.ts'

/** Calls an action of a page made with `onPage`. */
export async function act<T>(tab: Tab, name: string, argument?: unknown): Promise<T> {
  const { value, error } = await tab.evaluate<{ value?: T; error?: string }>(
    `act(${JSON.stringify(name)}, ${JSON.stringify(argument)})`,
  )
  if (error !== undefined) throw new Error(error)
  return value as T
}
