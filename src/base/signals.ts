import { type Clock, systemClock } from './clock.ts'

/** The last argument of every call that waits. */
export interface CallOptions {
  /** Aborting makes the call reject with the signal's reason. */
  signal?: AbortSignal
}

/** Waits; rejects with the signal's reason if it is aborted meanwhile. */
export function sleep(milliseconds: number, { signal, clock = systemClock }: CallOptions & { clock?: Clock } = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const cancel = clock.after(milliseconds, () => {
      signal?.removeEventListener('abort', stop)
      resolve()
    })
    const stop = (): void => {
      cancel()
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', stop, { once: true })
  })
}

/** Settles as `promise` does, or rejects with the signal's reason if that comes first. The work itself goes on. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    // The promise we stop waiting for must not surface as unhandled.
    if (signal.aborted) {
      promise.catch(() => {})
      return reject(signal.reason)
    }
    const stop = (): void => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    promise.then(
      value => {
        signal.removeEventListener('abort', stop)
        resolve(value)
      },
      error => {
        signal.removeEventListener('abort', stop)
        reject(error)
      },
    )
  })
}

/** A signal that is aborted when any of the given ones is; `release()` forgets them. (AbortSignal.any is missing in Node 20.0–20.2 and never lets go of a long-lived parent.) */
export function linkSignals(...parents: readonly (AbortSignal | undefined)[]): {
  controller: AbortController
  signal: AbortSignal
  release(): void
} {
  const controller = new AbortController()
  const links: (() => void)[] = []
  for (const parent of parents) {
    if (parent === undefined) continue
    const pass = (): void => controller.abort(parent.reason)
    if (parent.aborted) pass()
    else {
      parent.addEventListener('abort', pass, { once: true })
      links.push(() => parent.removeEventListener('abort', pass))
    }
  }
  return {
    controller,
    signal: controller.signal,
    release() {
      for (const unlink of links.splice(0)) unlink()
    },
  }
}
