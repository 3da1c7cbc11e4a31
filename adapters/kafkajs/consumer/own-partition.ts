import type { FetchedBatch } from '../../../src/reader/fetched.ts'
import { Position } from '../../../src/reader/position.ts'

/** What a partition begins at. */
export interface Beginning {
  readonly topic: string
  readonly partition: number
  /** KIP-516; the zero uuid where it is not known. */
  readonly topicId: string
  /** An offset, FirstOffset or LastOffset. */
  readonly offset: number
  readonly fromBeginning: boolean
}

/** A partition that this member has: what was fetched of it ahead, and how far it is done with. */
export class OwnPartition {
  readonly topic: string
  readonly partition: number
  readonly name: string
  readonly topicId: string
  readonly position: Position
  /** Fetched and not handed out; each holds its frame. */
  pending: FetchedBatch[] = []
  /** The first offset that is not done with; −1 until it is known where the partition begins. */
  next = -1
  /** What the group has committed, or where the partition began if nothing; −1 as long as neither is known. */
  committed = -1
  /** Nothing is committed: where it began is to be, before others are given the partition. */
  isBeginning = false
  /** A handler works on some of it. */
  isBusy = false
  /** It is to be given back. */
  isLeaving = false
  /** It is another's. */
  isGone = false

  constructor({ topic, partition, topicId, offset, fromBeginning }: Beginning) {
    this.topic = topic
    this.partition = partition
    this.topicId = topicId
    this.position = new Position(topic, partition, offset)
    this.name = this.position.name
    this.position.topicId = topicId
    this.position.outOfRange = fromBeginning ? 'earliest' : 'latest'
    if (offset >= 0) this.next = this.committed = offset
    else
      this.#locate(found => {
        this.next = this.committed = found
        this.isBeginning = true
      })
  }

  /** It is sent elsewhere, be that an offset or where FirstOffset or LastOffset turns out to be. */
  seek(offset: number): void {
    this.drop()
    this.next = offset < 0 ? -1 : offset
    this.isBeginning = false
    if (offset < 0)
      this.#locate(found => {
        this.next = found
      })
  }

  /** Has the position tell where it begins, once that is known. */
  #locate(tell: (found: number) => void): void {
    this.position.holds = true
    this.position.onLocated = tell
  }

  /** Lets go of what was fetched ahead. */
  drop(): void {
    for (const { frame } of this.pending) frame.release()
    this.pending = []
  }

  /** All before this offset is done with. */
  resolve(next: number): void {
    this.next = next
  }

  get isUncommitted(): boolean {
    return this.next >= 0 && this.next !== this.committed
  }
}
