import type { Clock } from './clock.ts'

export interface FirstSuccessOptions<T> {
  /** How long one may take before the next is begun beside it, in milliseconds. */
  readonly patience: number
  readonly clock: Clock
  /** Makes the error when all have failed. */
  failed(): unknown
  /** Takes what another brings after the first has succeeded. */
  tooLate?(value: T): void
}

/**
 * Tries the candidates in turn and answers with the first that works: the next begins when one fails, or has not come
 * to an end within
 * `patience`, so that one that never answers holds nobody up. Rejects with `failed()` when all have failed.
 */
export function firstSuccess<C, T>(
  candidates: readonly C[],
  attempt: (candidate: C) => Promise<T>,
  { patience, clock, failed, tooLate }: FirstSuccessOptions<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let next = 0
    let open = 0
    let over = false
    let cancel: (() => void) | undefined
    const begin = (): void => {
      cancel?.()
      if (over) return
      if (next >= candidates.length) {
        if (open === 0) reject(failed())
        return
      }
      open++
      attempt(candidates[next++]!).then(
        value => {
          if (over) return tooLate?.(value)
          over = true
          cancel?.()
          resolve(value)
        },
        () => {
          open--
          begin()
        },
      )
      if (next < candidates.length) cancel = clock.after(patience, begin)
    }
    begin()
  })
}
