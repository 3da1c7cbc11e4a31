import type { Lifetime } from './lifetime.ts'

/**
 * Tries the candidates in turn and answers with the first that works: the next begins when one fails, or has not come to an end within `patience`
 * milliseconds, so that one that never answers holds nobody up. Rejects with `failed()` when all have failed.
 */
export function firstSuccess<C, T>(
  candidates: readonly C[],
  attempt: (candidate: C) => Promise<T>,
  { patience, lifetime, failed }: { patience: number; lifetime: Lifetime; failed: () => unknown },
): Promise<T> {
  return new Promise((resolve, reject) => {
    let next = 0
    let open = 0
    let over = false
    let wake: AbortController | undefined
    const begin = (): void => {
      wake?.abort()
      if (over) return
      const candidate = candidates[next++]
      if (candidate === undefined) {
        if (open === 0) reject(failed())
        return
      }
      open++
      attempt(candidate).then(
        value => {
          over = true
          wake?.abort()
          resolve(value)
        },
        () => {
          open--
          begin()
        },
      )
      if (next < candidates.length) {
        wake = new AbortController()
        lifetime.sleep(patience, wake).then(begin, () => {})
      }
    }
    begin()
  })
}
