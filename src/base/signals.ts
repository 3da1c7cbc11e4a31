import { type Clock, systemClock } from './clock.ts'

/** The last argument of every call that waits. */
export interface CallOptions {
  /** Aborting makes the call reject with the signal's reason. */
  signal?: AbortSignal
}

interface Listening {
  readonly tasks: Set<() => void>
  readonly listener: () => void
}

// Who listens to which signal. Weak: an entry lives no longer than its signal.
let listening: WeakMap<AbortSignal, Listening> | undefined

/**
 * Calls `task` once if the signal is aborted (it must not be yet); the answer takes that back. However many ask, a
 * signal has one listener of ours, and none when nobody asks: Node 20 warns of a leak at the eleventh.
 */
export function onAbort(signal: AbortSignal, task: () => void): () => void {
  listening ??= new WeakMap()
  const { tasks, listener } = listening.get(signal) ?? listen(signal, listening)
  // The same function may be given twice.
  const entry = (): void => task()
  tasks.add(entry)
  return () => {
    if (!tasks.delete(entry) || tasks.size > 0) return
    signal.removeEventListener('abort', listener)
    listening!.delete(signal)
  }
}

function listen(signal: AbortSignal, all: WeakMap<AbortSignal, Listening>): Listening {
  const tasks = new Set<() => void>()
  const listener = (): void => {
    // One may take back another.
    for (const task of [...tasks]) if (tasks.delete(task)) task()
  }
  signal.addEventListener('abort', listener, { once: true })
  const made = { tasks, listener }
  all.set(signal, made)
  return made
}

/** Waits; rejects with the signal's reason if it is aborted meanwhile. */
export function sleep(
  milliseconds: number,
  { signal, clock = systemClock }: CallOptions & { clock?: Clock } = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const cancel = clock.after(milliseconds, () => {
      forget?.()
      resolve()
    })
    const forget =
      signal === undefined
        ? undefined
        : onAbort(signal, () => {
            cancel()
            reject(signal.reason)
          })
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
    const forget = onAbort(signal, () => reject(signal.reason))
    promise.then(
      value => {
        forget()
        resolve(value)
      },
      error => {
        forget()
        reject(error)
      },
    )
  })
}

/**
 * A signal that is aborted when any of the given ones is; `release()` forgets them. (AbortSignal.any is missing in Node
 * 20.0–20.2 and never lets go of a long-lived parent.)
 */
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
    else links.push(onAbort(parent, pass))
  }
  return {
    controller,
    signal: controller.signal,
    release() {
      for (const unlink of links.splice(0)) unlink()
    },
  }
}
