import { zeroUuid } from '../bytes/reader.ts'

/** How far a partition has been committed, for a group's member. */
export class Progress {
  /** The next offset to commit; −1: nothing new. */
  due = -1
  /** What the group has. −1: nothing. */
  committed: number

  constructor(committed = -1) {
    this.committed = committed
  }

  /** All before this offset is done with; an offset lower than one told before changes nothing. */
  done(next: number): void {
    if (next > this.due) this.due = next
  }
}

/**
 * Where one partition is being fetched. A seek or a new generation makes a new Position: what still arrives for an old one is recognised by
 * `live` and dropped.
 */
export class Position {
  readonly topic: string
  readonly partition: number
  /** The next offset to fetch; FirstOffset or LastOffset until the leader was asked what that is. */
  offset: number
  /** What FirstOffset or LastOffset turned out to be; else the offset begun with. */
  origin: number
  /** The topic's id when this offset was first used: under another id it means nothing. */
  topicId: string = zeroUuid
  /** Of the last batch fetched: a leader whose log parted from there says so (KIP-320). −1: none yet. */
  lastEpoch = -1
  /** One past the last offset readable, as last heard. −1: not heard yet. */
  end = -1
  /** Bytes of the largest batch in the last answer. */
  batchBytes = 0
  /** False once something else reads the partition. */
  live = true
  /** In a fetch under way, and not answered yet. */
  flying = false
  /** Its leader or offset is being looked up. */
  sought = false
  /** The leader must be looked up anew before the next fetch. */
  lost = false
  /** Given up: why. It stays so until a seek. */
  failed: unknown
  /** Failures in a row, since when, and when to try again, by the monotonic clock. */
  failures = 0
  failingSince = 0
  retryAt = 0
  /** Whether it was ever fetched with success. */
  proven = false
  /** In a group: what to commit. */
  readonly progress: Progress | undefined
  /** Told the offset that FirstOffset, LastOffset or a time turned out to be. */
  onLocated: ((offset: number) => void) | undefined

  constructor(topic: string, partition: number, offset: number, progress?: Progress) {
    this.topic = topic
    this.partition = partition
    this.offset = this.origin = offset
    this.progress = progress
  }

  /** The same partition from another offset, the old position being dead. */
  movedTo(offset: number): Position {
    this.live = false
    const moved = new Position(this.topic, this.partition, offset, this.progress)
    moved.onLocated = this.onLocated
    moved.topicId = this.topicId
    moved.end = this.end
    moved.proven = this.proven
    return moved
  }

  get name(): string {
    return `${this.topic}/${this.partition}`
  }
}
