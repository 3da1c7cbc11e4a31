import { type FetchedBatch, isLive } from './fetched.ts'
import type { Position } from './position.ts'

/** Batches fetched and not read yet, first in first out. */
export class BatchQueue {
  private items: (FetchedBatch | undefined)[] = []
  private head = 0
  /** Records in the batches that wait. */
  messages = 0

  push(fetched: FetchedBatch): void {
    fetched.frame.hold()
    this.items.push(fetched)
    this.messages += fetched.batch.count
  }

  /** The next batch that is still to be handed out; its frame is the caller's to release. */
  take(): FetchedBatch | undefined {
    while (this.head < this.items.length) {
      const fetched = this.items[this.head]!
      this.items[this.head++] = undefined
      this.messages -= fetched.batch.count
      if (this.head === this.items.length) {
        this.items = []
        this.head = 0
      }
      if (isLive(fetched)) return fetched
      fetched.frame.release()
    }
    return undefined
  }

  /** Whose batch `take` would answer. */
  get nextOf(): Position | undefined {
    for (let at = this.head; at < this.items.length; at++) if (isLive(this.items[at]!)) return this.items[at]!.position
    return undefined
  }

  /** Lets go of what belongs to positions that went elsewhere since. */
  sweep(): void {
    const waiting = this.items.slice(this.head) as FetchedBatch[]
    this.items = waiting.filter(isLive)
    this.head = 0
    for (const fetched of waiting) {
      if (isLive(fetched)) continue
      this.messages -= fetched.batch.count
      fetched.frame.release()
    }
  }
}
