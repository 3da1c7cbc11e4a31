import { expect } from 'vitest'

/** Waits until a number has come and does not change any more. */
export async function standsStill(read: () => number | undefined): Promise<void> {
  let last: number | undefined
  let same = 0
  await expect
    .poll(() => {
      const now = read()
      same = now !== undefined && now === last ? same + 1 : 0
      last = now
      return same
    })
    .toBeGreaterThanOrEqual(2)
}
