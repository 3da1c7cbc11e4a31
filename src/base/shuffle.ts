import { type Clock, randomOf } from './clock.ts'

/** The items in random order, as a new list (Fisher–Yates). */
export function shuffled<T>(items: readonly T[], clock: Clock): T[] {
  const all = [...items]
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(randomOf(clock) * (i + 1))
    const item = all[i]!
    all[i] = all[j]!
    all[j] = item
  }
  return all
}
