import { type Deferred, deferred } from './deferred.ts'
import { abortable, type CallOptions } from './signals.ts'

/** Wakes all who wait for something to change. They look for themselves what did. */
export class Condition {
  private next: Deferred<void> | undefined

  ring(): void {
    const due = this.next
    this.next = undefined
    due?.resolve()
  }

  /** Until the next ring; waiters wake in the order they came. */
  wait({ signal }: CallOptions = {}): Promise<void> {
    this.next ??= deferred<void>()
    return abortable(this.next.promise, signal)
  }
}
