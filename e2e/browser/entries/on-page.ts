import { describe } from '../../runtimes/entries/describe.ts'

/** What a test may call in the page, one argument each; errors come back as texts. */
export function onPage(actions: Record<string, (argument: never) => Promise<unknown>>): void {
  const page = globalThis as unknown as { act?: unknown; ready?: boolean }
  page.act = async (name: string, argument: never): Promise<{ value?: unknown; error?: string }> => {
    // What a debugger calls is above the page's policy; what a timer calls is not.
    await new Promise(resolve => setTimeout(resolve, 0))
    try {
      return { value: await actions[name]!(argument) }
    } catch (error) {
      return { error: describe(error) }
    }
  }
  page.ready = true
}
