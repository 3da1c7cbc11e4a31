import { deferred } from '../../src/base/deferred.ts'

/** Tries the task until it does not throw. */
export async function eventually(signal: AbortSignal, task: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await task()
    } catch (error) {
      if (signal.aborted) throw error
      await pause(50)
    }
  }
}

/** Waits until the condition holds. */
export async function until(signal: AbortSignal, condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) {
    signal.throwIfAborted()
    await pause(10)
  }
}

/** Waits until the figure stays what it is. */
export async function settled(figure: () => number): Promise<void> {
  for (let last = Number.NaN, same = 0; same < 4; ) {
    await pause(50)
    const now = figure()
    same = now === last ? same + 1 : 0
    last = now
  }
}

/** Holds for a moment that nothing comes: the one thing no event tells. */
export async function nothing(promise: Promise<unknown>): Promise<void> {
  let came = false
  const note = (): void => {
    came = true
  }
  promise.then(note, note)
  await pause(150)
  if (came) throw new Error('something came, where nothing should')
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}

/** Begins the tasks in their order, so many of them at a time; answers what comes of each. */
export function atMost<T>(count: number, tasks: readonly (() => Promise<T>)[]): Promise<T>[] {
  const outcomes = tasks.map(() => deferred<T>())
  let next = 0
  const work = async (): Promise<void> => {
    while (next < tasks.length) {
      const at = next++
      await tasks[at]!().then(outcomes[at]!.resolve, outcomes[at]!.reject)
    }
  }
  for (let n = 0; n < count; n++) void work()
  return outcomes.map(({ promise }) => promise)
}

/** What the task throws; undefined if it does not. */
export function thrown(task: () => unknown): unknown {
  try {
    task()
  } catch (error) {
    return error
  }
  return undefined
}
