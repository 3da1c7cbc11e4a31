export interface Steps<T> {
  /** The next item if it is at hand. */
  quick(): T | undefined
  slow(): Promise<T>
  /** Whether a failure of `slow` means the end. */
  isOver(): boolean
  /** The loop was left. */
  leave(): void
}

/** An iterator by hand: an async generator costs a quarter more per item. */
export function iteration<T>({ quick, slow, isOver, leave }: Steps<T>): AsyncIterableIterator<T, undefined> {
  let left = false
  const end = { value: undefined, done: true } as const
  const wait = async (): Promise<IteratorResult<T, undefined>> => {
    if (left) return end
    try {
      return { value: await slow(), done: false }
    } catch (error) {
      if (isOver()) return end
      throw error
    }
  }
  return {
    next() {
      const value = quick()
      return value === undefined ? wait() : Promise.resolve({ value, done: false })
    },
    return() {
      left = true
      leave()
      return Promise.resolve(end)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
