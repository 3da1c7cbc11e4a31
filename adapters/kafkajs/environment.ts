/** A variable of the environment; undefined where the runtime has no environment, or does not show it. */
export function environment(name: string): string | undefined {
  try {
    return typeof process === 'object' ? process.env?.[name] : undefined
  } catch {
    return undefined
  }
}
