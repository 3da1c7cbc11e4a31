import { zeroUuid } from '../bytes/reader.ts'
import { LastOffset } from '../protocol/offsets.ts'
import type { LogOffset } from './log-offset.ts'
import type { Progress, Reading } from './progress.ts'
import { ReadEpochs } from './read-epochs.ts'
import type { ReplicaChoice } from './replica-choice.ts'

/**
 * `locating`: not placed at a broker yet; who leads it may have to be asked. `validating`: its offset is being looked up. `ready`: in
 * the fetches to its broker, from the next one on. `paused`: by the caller. `failed`: given up until
 * it is moved.
 */
export type PositionState = 'locating' | 'validating' | 'ready' | 'paused' | 'failed'

/**
 * Where to read: at an offset, or where FirstOffset, LastOffset or a time (milliseconds since 1970) turns out to be.
 */
export type Place = LogOffset | { readonly sought: number }

/**
 * A position as it was when something about it was asked for. What is answered is of use only while the era is still
 * the same.
 */
export interface Asked {
  readonly position: Position
  readonly era: number
}

/** What was fetched ahead of a position, as far as it is concerned. */
interface Ahead {
  readonly era: number
  readonly batch: { readonly lastOffset: number }
  /** Where to go on behind it, and behind what follows and holds nothing to hand out. */
  next: number
}

/** What a position fails with at present. */
export interface Failing {
  readonly error: unknown
  /** By the wall clock, and by the monotonic one. */
  readonly sinceTime: number
  readonly since: number
  /** Failures in a row. */
  readonly failures: number
  /** It is waited for, as long as it takes. */
  readonly quiet: boolean
  /** When it was last warned of, by the monotonic clock; undefined: not yet. */
  readonly warnedAt: number | undefined
}

/** Where one partition is being read: what is fetched next, what is handed out next, and what is in the way. */
export class Position {
  readonly topic: string
  readonly partition: number
  readonly name: string
  /** In a group: what to commit. */
  readonly progress: Progress | undefined
  /** In a group: what its messages are of. Another after each time that they may be read again. */
  reading: Reading | undefined
  /** Told the offset that FirstOffset, LastOffset or a time turned out to be, if that is to be held on to. */
  onLocated: ((offset: number) => void) | undefined
  /**
   * The group has nothing that can be read from: what this one turns out to be is where whoever has the partition next
   * is to begin, too.
   */
  holds = false

  /**
   * Grows whenever what was asked for or fetched before is of no use any more: by a seek, a pause, the partition's
   * loss.
   */
  era = 0
  /** A lookup of its leader or offset is under way. */
  asking = false
  /** Its leader must be asked for anew before the next fetch. */
  astray = false
  /** The broker it is fetched from. −1: none yet. */
  broker = -1
  /** What its leader sent it to; undefined: the leader itself. */
  replica: ReplicaChoice | undefined
  /** Until then, by the monotonic clock, it is read from its leader, whatever is nearer. */
  leaderUntil = 0
  /** Its leader must be asked whether its log has what was read, for fetches to it don't tell. */
  unsure = false
  /** The epoch of the leader whose log was last known to have what was read. −1: of none. */
  checkedEpoch = -1
  /** What its offset is looked up by; undefined once that is known. */
  sought: number | undefined
  /** One past the last offset readable, as last heard. −1: not heard yet. */
  end = -1
  /** The topic's id when this offset was first used: under another id it means nothing. */
  topicId: string = zeroUuid
  /** One past the last offset there is, be it readable or not, as last heard. −1: not heard yet. */
  highWatermark = -1
  /** Where to go on when the partition does not have its offset; undefined: as the settings say for all. */
  outOfRange: 'earliest' | 'latest' | undefined
  /** Bytes of the largest batch in the last answer. */
  batchBytes = 0
  /** When to try again, by the monotonic clock. */
  retryAt = 0
  failing: Failing | undefined
  /** Since when a first answer is waited for, by the monotonic clock; undefined once there was one. */
  begunAt: number | undefined
  /** Where a batch was damaged; −1: none was, or it came whole since. */
  damagedAt = -1

  #state: PositionState = 'locating'
  #offset = -1
  #leaderEpoch = -1
  #next = -1
  readonly #epochs = new ReadEpochs()
  /** The batch fetched last, until it is finished with. */
  #tail: Ahead | undefined
  /**
   * Where the leader's log parted from what was read, and the last batch of the log as it was, until that is finished
   * with.
   */
  #parting: { readonly offset: number; readonly last: Ahead } | undefined

  /** `offset`: to begin at; FirstOffset and LastOffset are looked up. */
  constructor(topic: string, partition: number, offset: number, progress?: Progress) {
    this.topic = topic
    this.partition = partition
    this.name = `${topic}/${partition}`
    this.progress = progress
    this.reading = progress && { progress }
    this.jumpTo(offset < 0 ? { sought: offset } : { offset, leaderEpoch: -1 })
  }

  get state(): PositionState {
    return this.#state
  }

  /** The next offset to fetch, once it is known. */
  get offset(): number {
    return this.#offset
  }

  /** Epoch of what lies before `offset`: a leader whose log parted from there says so. −1: unknown. */
  get leaderEpoch(): number {
    return this.#leaderEpoch
  }

  /** Epoch of what lies before an offset that was read up to; −1: unknown. */
  epochBefore(offset: number): number {
    return offset === this.#offset ? this.#leaderEpoch : this.#epochs.before(offset)
  }

  /**
   * Where a leader's log parts from what was read, whose largest epoch that is not above ours ends there; undefined: not
   * before `offset`.
   */
  partsAt(end: LogOffset): LogOffset | undefined {
    const leaderEpoch = Math.min(end.leaderEpoch, this.#leaderEpoch)
    const offset = this.#epochs.commonWith({ offset: end.offset, leaderEpoch })
    return offset < this.#offset ? { offset, leaderEpoch } : undefined
  }

  /** Behind what was handed out whole; FirstOffset or LastOffset until it is known where that is. */
  get next(): number {
    return this.#next
  }

  /** Messages from this offset to the end; −1 before the end was heard of. */
  lag(next: number): number {
    if (this.end < 0) return -1
    return next < 0 ? (next === LastOffset ? 0 : -1) : Math.max(0, this.end - next)
  }

  /** Whether its offset means anything in the topic of this id: another topic of the same name has another. */
  isOf(topicId: string): boolean {
    return this.topicId === topicId || topicId === zeroUuid
  }

  /** Its offset is being looked up. */
  validate(): void {
    this.#state = 'validating'
  }

  /**
   * It was fetched up to here. Batches in between that hold nothing to hand out were passed over up to `passed`;
   * `epochs` began on the way.
   */
  answered(
    { offset, leaderEpoch }: LogOffset,
    { passed, epochs, checkedEpoch }: { passed: number; epochs: readonly LogOffset[]; checkedEpoch: number },
  ): void {
    this.#state = 'ready'
    this.checkedEpoch = checkedEpoch
    for (const start of epochs) this.#epochs.begin(start)
    if (this.#tail === undefined) this.#pass(passed)
    else if (passed > this.#offset) this.#tail.next = passed
    this.#offset = offset
    this.#leaderEpoch = leaderEpoch
  }

  /** Goes on fetching elsewhere; what was fetched so far is handed out nevertheless. */
  jumpTo(place: Place): void {
    this.#epochs.cut(0)
    this.#goTo(place)
  }

  #goTo(place: Place): void {
    const isKnown = 'offset' in place
    const next = isKnown ? place.offset : Math.min(place.sought, LastOffset)
    this.sought = isKnown ? undefined : place.sought
    this.#offset = next
    this.#leaderEpoch = isKnown ? place.leaderEpoch : -1
    if (this.#tail === undefined) this.#next = next
    else if (isKnown) this.#tail.next = next
  }

  /** A batch of it waits to be handed out. */
  queued(ahead: Ahead): void {
    this.#tail = ahead
  }

  /** A batch of it has been handed out whole; `behind`: its last record that there is. */
  finished(ahead: Ahead, behind: number): void {
    if (ahead.era !== this.era) return
    if (this.#tail === ahead) this.#tail = undefined
    if (this.#parting?.last === ahead) this.#turnBack()
    this.#next = Math.min(ahead.next, behind)
    this.#pass(ahead.next)
  }

  /** Whether what waits to be handed out is of a log that is no more. */
  get isParting(): boolean {
    return this.#parting !== undefined
  }

  /**
   * The leader's log has the same up to here only: it is read on from there, and committed from there once what is
   * queued was handed out.
   */
  parted(place: LogOffset): void {
    this.#parting = this.#tail && { offset: place.offset, last: this.#tail }
    if (this.#tail === undefined) this.rewound()
    this.#epochs.cut(place.offset)
    this.#goTo(place)
  }

  /** It was sent back: what is read from here on may have been read before. */
  rewound(): void {
    if (this.progress === undefined) return
    this.progress.rewind()
    this.reading = { progress: this.progress }
  }

  /** What its offset was looked up by is here. */
  resolved(place: LogOffset): void {
    this.jumpTo(place)
    this.#state = 'locating'
    if (this.holds) this.onLocated?.(place.offset)
    this.holds = false
  }

  /** It was asked for in vain, and is again from `retryAt` on; `astray`: at a leader that must be looked up anew. */
  failed(failing: Failing, { retryAt, astray }: { retryAt: number; astray: boolean }): void {
    this.failing = failing
    this.retryAt = retryAt
    this.astray ||= astray
  }

  /** It is to be fetched from wherever that may be now. */
  relocate(): void {
    this.#state = 'locating'
  }

  /** It is to be fetched from this broker. */
  placed(broker: number): void {
    this.broker = broker
    this.#state = 'ready'
  }

  /** Whether it is read from a replica. */
  get isAtReplica(): boolean {
    return this.replica?.id === this.broker
  }

  /** It is to be read from its leader, until this moment at least. */
  leaveReplica(until: number): void {
    this.replica = undefined
    this.leaderUntil = until
  }

  /** It can't be gone on with; a move alone helps. */
  giveUp(failing: Failing): void {
    this.failing = failing
    this.#state = 'failed'
  }

  /** Reads on where the caller says, in whatever topic has the name now; what goes wrong is forgotten. */
  moveTo(place: Place): void {
    this.topicId = zeroUuid
    this.restart(place)
  }

  /** Fetches anew from here; what was fetched is dropped. */
  restart(place: Place): void {
    this.drop()
    this.failing = undefined
    this.damagedAt = -1
    this.retryAt = 0
    // The leader may know another that has it.
    this.replica = undefined
    if (this.#state !== 'paused') this.#state = 'locating'
    this.jumpTo(place)
  }

  /** Reads no more until `resume`, which begins at `next` (behind what was handed out) anew. */
  pause(next: number): void {
    if (this.#state === 'paused') return
    const from = Math.min(next, this.#parting?.offset ?? next)
    this.drop()
    if (this.#state !== 'failed' && this.sought === undefined)
      this.#goTo({ offset: from, leaderEpoch: this.epochBefore(from) })
    this.#state = 'paused'
  }

  resume(): void {
    if (this.#state === 'paused') this.#state = 'locating'
  }

  /** What was asked for and fetched is of no use any more. */
  drop(): void {
    this.era++
    this.asking = this.unsure = false
    this.#tail = undefined
    this.#turnBack()
  }

  /** What was done with of a log that is no more says nothing of what comes now. */
  #turnBack(): void {
    if (this.#parting === undefined) return
    this.#parting = undefined
    this.rewound()
  }

  /** Up to here is nothing to hand out: that counts as handed out, and as done with once all before it is. */
  #pass(offset: number): void {
    if (offset <= this.#next) return
    this.progress?.pass(this.#next, offset)
    this.#next = offset
  }
}
