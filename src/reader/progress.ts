/** What was read of a partition in one go: messages carry it as their origin. */
export interface Reading {
  readonly progress: Progress
}

/** How far a partition has been committed, for a group's member. */
export class Progress {
  /** The next offset to commit; −1: nothing new. */
  due = -1
  /** What the group has, or a rewind allows it to have. −1: nothing. */
  committed = -1
  /** What the group has, as far as this member knows. −1: nothing. */
  stored = -1
  /** How often the reader was sent back: a commit that was under way says nothing of what is to be committed since. */
  rewinds = 0
  /** Between these two offsets is nothing to hand out: markers of transactions and what was aborted. */
  #from = -1
  #to = -1

  /** The member was given the partition, of which the group has committed so much. */
  begin(committed: number): void {
    this.committed = this.stored = committed
  }

  /** All before this offset is done with; an offset lower than one told before changes nothing. */
  done(next: number): void {
    const reached = this.reachedBy(next)
    if (reached > this.due) this.due = reached
  }

  /** How far it is for who is done with all before this offset. */
  reachedBy(next: number): number {
    return next === this.#from ? this.#to : next
  }

  /** A transaction with this offset was committed. */
  storedBy(next: number): void {
    this.stored = next
    this.committed = Math.max(this.committed, next)
    this.due = Math.max(this.due, next)
  }

  /** Nothing to hand out lies between the two: whoever is done with all before is done with that, too. */
  pass(from: number, to: number): void {
    // What comes right behind makes one gap of two.
    if (from !== this.#to) this.#from = from
    this.#to = to
    if (Math.max(this.due, this.committed) === from) this.due = to
  }

  /** The next commit may be lower than those before: the reader was sent back. */
  rewind(): void {
    this.due = this.committed = this.#from = this.#to = -1
    this.rewinds++
  }
}
