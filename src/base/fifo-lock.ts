import { abortable, type CallOptions } from './signals.ts'

/** Lets one through at a time, in the order they came. */
export class FifoLock {
  /** Those inside and those who wait to be. */
  count = 0
  private last: Promise<void> = Promise.resolve()

  async take<T>({ signal }: CallOptions, task: () => Promise<T>): Promise<T> {
    const before = this.last
    let leave!: () => void
    const left = new Promise<void>(resolve => {
      leave = resolve
    })
    this.last = before.then(() => left)
    const first = this.count++ === 0
    try {
      if (!first) await abortable(before, signal)
      return await task()
    } finally {
      this.count--
      leave()
    }
  }
}
