import type { Page } from 'playwright-core'

/** Calls an action of a page made with `onPage`. */
export async function act<T>(page: Page, name: string, argument?: unknown): Promise<T> {
  type Act = (name: string, argument: unknown) => Promise<{ value?: T; error?: string }>
  const call = ([name, argument]: [string, unknown]): Promise<{ value?: T; error?: string }> =>
    (globalThis as unknown as { act: Act }).act(name, argument)
  const { value, error } = (await page.evaluate(call as never, [name, argument])) as { value?: T; error?: string }
  if (error !== undefined) throw new Error(error)
  return value as T
}
