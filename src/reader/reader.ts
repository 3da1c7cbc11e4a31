import { optionsOf, refuseMore } from '../base/call-options.ts'
import { traced } from '../base/call-site.ts'
import type { Clock } from '../base/clock.ts'
import { Condition } from '../base/condition.ts'
import { Deadline } from '../base/deadline.ts'
import { ClosedError, ConfigError } from '../base/errors.ts'
import { guardedLogger } from '../base/guard.ts'
import type { Logger } from '../base/logger.ts'
import { given as givenSettings } from '../base/settings.ts'
import { abortable, type CallOptions } from '../base/signals.ts'
import { decompressors } from '../compression/decompressors.ts'
import { type CloseOptions, leaveOf } from '../group/close-options.ts'
import { type OffsetName, offsetOf } from '../protocol/offsets.ts'
import type { Message } from '../records/message.ts'
import { RecordCursor } from '../records/record-cursor.ts'
import type { TopicPartition } from '../transport/layout.ts'
import { transportOf } from '../transport/own-transport.ts'
import type { Transport } from '../transport/transport.ts'
import type { OffsetSource, TransactionOffsets } from '../writer/transactions/transaction-offsets.ts'
import {
  type FetchOptions,
  fetchSettings,
  type ReaderConfig,
  type ReaderSettings,
  readerConfig,
  settingsOf,
} from './config.ts'
import { Fetcher } from './fetcher.ts'
import { GroupSession } from './group-session.ts'
import { Handout } from './handout.ts'
import { iteration, type Steps } from './iteration.ts'
import { membershipOf } from './membership.ts'
import type { MessageBatch } from './message-batch.ts'
import { MessageSource } from './message-source.ts'
import { ReaderMetrics } from './metrics.ts'
import { MissingTopics } from './missing-topics.ts'
import { checkList, checkNamed } from './named.ts'
import { PartitionSession } from './partition-session.ts'
import { Pauses } from './pauses.ts'
import { placeOf, type SeekTarget, timeOf } from './place.ts'
import { PollWatch } from './poll-watch.ts'
import type { Position } from './position.ts'
import { type DoneWith, isRead, readTo } from './read-to.ts'
import { describe, type ReaderStats } from './stats.ts'
import { letWork } from './work.ts'

/**
 * Reads messages: of a topic or one partition of it, or as a member of a consumer group of the partitions it is given.
 * Connects at the first read.
 *
 * In a group, delivery is at least once. `readMessage` commits a message by itself, but only once the next one is asked
 * for, so that what was handed out and not dealt with when the process ends is read again; the last message before
 * `close()` counts as not dealt with, too.
 * `fetchMessage` never commits: call `commitMessages`. `for await` and `batches()` go either way, see `autoCommit`.
 *
 * When the group is divided anew, what was fetched ahead and not handed out is dropped, and begun again at the group's
 * commits. The message in hand can still be committed, for up to half the `rebalanceTimeout`: the reader gives its
 * partitions up when the next read begins.
 *
 * Any number of reads may wait at once; they are served in the order they came. A read that is cancelled takes no
 * message with it. Where several loops share a reader, each that asks says for all that what was handed out is dealt
 * with: commit by hand there.
 *
 * What goes wrong. A partition in trouble (no leader, a broker away, a damaged batch) keeps no other from being read:
 * it is tried again until it can be, and told of by the log, by `partitionTrouble` events and by `stats().troubles`. A
 * read rejects, once nothing is left that was fetched, with what won't pass by itself: a right that is missing, a batch
 * that stays damaged, a topic made anew, an offset out of range where the settings say so. Failures that may pass, an
 * outage of the network or of a credential callback among them, reject a read in the beginning alone: when nothing was
 * read yet and nothing can be, after `maxAttempts` failures or some 4 s. Once anything was read, reads and loops
 * outlast them. After a rejection the reader goes on: the next read may succeed.
 */
export class Reader implements AsyncIterable<Message>, OffsetSource<DoneWith> {
  readonly #given: ReaderConfig
  readonly #settings: ReaderSettings
  readonly #transport: Transport
  readonly #ownsTransport: boolean
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #counters = new ReaderMetrics()
  readonly #fetcher: Fetcher
  readonly #source: MessageSource
  /** One of the two: a partition of its own, or a place in a group. */
  readonly #sole: PartitionSession | undefined
  readonly #session: GroupSession | undefined
  readonly #missing: MissingTopics | undefined
  readonly #pauses: Pauses
  readonly #pollWatch: PollWatch | undefined
  #started = false
  readonly #news = new Condition()
  readonly #handout: Handout
  #closing = false
  #closed: Promise<void> | undefined

  /** Throws a ConfigError for settings that can't work; connects to nothing yet. */
  constructor(all: ReaderConfig) {
    const config = readerConfig(all)
    const settings = settingsOf(config)
    this.#given = config
    this.#settings = settings
    const { transport, isOwn } = transportOf(config)
    this.#ownsTransport = isOwn
    this.#transport = transport
    this.#clock = this.#transport.clock
    this.#logger = guardedLogger(config.logger, this.#transport.logger)
    this.#transport.codecs.offer(decompressors)
    const logger = this.#logger
    const counters = this.#counters
    const { brokers } = config
    const wake = (): void => this.#news.ring()
    const onPassed = (): void => this.#session?.poke()
    const onAnswer = (): void => this.#session?.pulse()
    this.#fetcher = new Fetcher({ transport, brokers, settings, logger, counters, onNews: wake, onPassed, onAnswer })
    const decoding = { codecs: transport.codecs, limit: settings.decompressLimit, cursor: new RecordCursor() }
    this.#source = new MessageSource({ fetcher: this.#fetcher, decoding, counters })
    const fetcher = this.#fetcher
    const source = this.#source
    this.#pauses = new Pauses(fetcher, source)
    if (settings.groupId === undefined)
      this.#sole = new PartitionSession({ transport, brokers, settings, fetcher, source, logger, wake })
    else {
      this.#session = this.#sessionOf()
      if (settings.pattern === undefined)
        this.#missing = new MissingTopics({
          cluster: transport.cluster(brokers),
          topics: settings.topics,
          clock: this.#clock,
          logger,
          wake,
        })
    }
    this.#handout = new Handout(
      {
        transport,
        fetcher,
        source,
        counters,
        session: this.#session,
        failing: [this.#session, this.#sole, this.#missing].filter(each => each !== undefined),
        ensureOpen: () => this.#ensureOpen(),
        start: () => this.#start(),
      },
      this.#news,
    )
    letWork(this, work => {
      this.#ensureOpen()
      return this.#handout.workedBy(work)
    })
    const { maxPollInterval: interval } = settings
    if (interval !== undefined)
      this.#pollWatch = new PollWatch({
        interval,
        clock: this.#clock,
        isAsking: () => this.#handout.isAsked,
        mark: () => source.mark,
        expired: () => this.#session?.neglected(interval),
      })
  }

  /**
   * The next message. In a group, the one before is committed in the background: that it was asked for the next says
   * that the application is done with the last. Rejects with what keeps partitions from being read (then it can be
   * called again), a ClosedError after close(), or the signal's reason.
   */
  readMessage(options?: CallOptions, ...extra: never[]): Promise<Message> {
    const message = options === undefined && extra.length === 0 ? this.#handout.quick(true) : undefined
    return message === undefined ? this.#checked('readMessage', true, options, extra) : Promise.resolve(message)
  }

  /** As readMessage, and commits nothing. */
  fetchMessage(options?: CallOptions, ...extra: never[]): Promise<Message> {
    const message = options === undefined && extra.length === 0 ? this.#handout.quick(false) : undefined
    return message === undefined ? this.#checked('fetchMessage', false, options, extra) : Promise.resolve(message)
  }

  /**
   * Up to `count` messages at once: waits for the first, and for more no longer than `within` milliseconds (default
   * 100). Commits nothing. In a group all of them can be committed until the next read begins, as one can.
   */
  async fetchMessages(count: number, given: FetchOptions = {}, ...extra: never[]): Promise<Message[]> {
    const { within = 100, ...options } = givenSettings('fetchMessages', given, fetchSettings)
    // A bare signal is an object without settings.
    const checked = optionsOf('fetchMessages', 'aborted' in given ? given : options, extra)
    if (!(Number.isInteger(count) && count > 0))
      throw new ConfigError(`fetchMessages takes a number from 1, not ${count}`)
    if (!(within >= 0)) throw new ConfigError(`within must be milliseconds, not ${within}`)
    return await this.#handout.gather(count, within, checked)
  }

  /**
   * Commits that these messages and all before them in their partitions are done with; never backwards. Resolves when
   * the coordinator has it, with a `commitInterval` at once. Rejects with a KafkaError of code IllegalGeneration when
   * the group gave a message's partition to another member meanwhile: that one reads the message again, so there is
   * nothing to be done; and with a ConfigError once transactions commit what this reader reads (`sendOffsets`).
   */
  async commitMessages(messages: Message | readonly Message[], given?: CallOptions, ...extra: never[]): Promise<void> {
    const options = optionsOf('commitMessages', given, extra, 'give several messages as one list')
    const session = this.#grouped('commitMessages')
    if (this.#closing && !session.isGivingBack)
      throw new ClosedError(
        'the reader is closed: not committed, so read again; to finish first, give the loop a signal and close after it',
      )
    this.#transport.enter()
    options.signal?.throwIfAborted()
    const list: readonly Message[] = Array.isArray(messages) ? messages : [messages as Message]
    if (!list.every(isRead))
      throw new ConfigError('only messages that were read can be committed: { topic, partition, offset }')
    this.#start()
    const commits = await traced(session.commits(options))
    const noted = commits.note(list)
    if (this.#settings.commitInterval > 0) commits.poke()
    else await traced(abortable(commits.store(noted), options.signal))
    if (noted.refused !== null) throw noted.refused
  }

  /**
   * What a transaction is to commit of the group in this reader's place: see `Transaction.sendOffsets`, which calls it.
   * From then on transactions alone commit. Rejects as `commitMessages` does, and with a ConfigError when the last was
   * read in a way that commits by itself.
   */
  async offsetsOf(done: DoneWith, ...extra: never[]): Promise<TransactionOffsets> {
    refuseMore('offsetsOf', extra)
    const session = this.#grouped('offsetsOf')
    const read = readTo(done)
    if (this.#source.automatic)
      throw new ConfigError(
        'sendOffsets: readMessage and autoCommit commit by themselves, before the transaction or though it is aborted: use fetchMessage, fetchMessages, or a reader without autoCommit',
      )
    this.#ensureOpen()
    this.#start()
    const commits = await session.commits({})
    return await commits.inTransaction(read)
  }

  /**
   * Goes back to what the group has committed, in all partitions of this member: what was read since is read again, as
   * after a transaction that was aborted. Resolves once that is known; reads wait meanwhile.
   */
  async rewind(...extra: never[]): Promise<void> {
    refuseMore('rewind', extra)
    const session = this.#grouped('rewind')
    this.#ensureOpen()
    await traced(session.rewind())
  }

  /**
   * Message after message until close(). Leaving the loop leaves the reader as it is; errors are thrown into the loop.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message, undefined> {
    const { autoCommit } = this.#settings
    return iteration({
      quick: () => this.#handout.quick(autoCommit),
      slow: options => this.#handout.slow(autoCommit, options),
      isOver: () => this.#closing,
      leave: () => this.#handout.idle(),
    })
  }

  /**
   * Batch after batch as they came over the wire, until close(): for speed. A batch is valid until the next is asked
   * for, by whichever loop. When the signal aborts, the loop gets its reason as soon as it asks for more: what it has
   * in hand can be committed before close(), and is by `autoCommit`.
   */
  batches(given?: CallOptions, ...extra: never[]): AsyncIterableIterator<MessageBatch, undefined> {
    const options = optionsOf('batches', given, extra)
    const { autoCommit } = this.#settings
    const steps: Steps<MessageBatch> = {
      quick: () => undefined,
      slow: options => this.#handout.obtain(autoCommit, () => this.#source.takeBatch(), options),
      isOver: () => this.#closing,
      leave: () => this.#handout.idle(),
    }
    return iteration(steps, options)
  }

  /**
   * The offset of the next message; FirstOffset or LastOffset until it is known where that is. −1 in a group and where
   * several partitions are read: see `stats().partitions`.
   */
  offset(...extra: never[]): number {
    refuseMore('offset', extra, 'stats().partitions has the offsets of all')
    return this.#sole?.offset() ?? -1
  }

  /**
   * Messages from the next one to the end, as last heard; −1 before anything was heard. Of one partition when it is
   * named, else of all that are read; −1 then in a group, as in kafka-go.
   */
  lag(topic?: string, partition?: number, ...extra: never[]): number {
    refuseMore('lag', extra)
    if (topic === undefined && partition === undefined) return this.#sole?.lag() ?? -1
    checkNamed('lag', topic, partition)
    const position = this.#position(topic!, partition!)
    return position.lag(this.#source.next(position))
  }

  /** Asks for the ends of the partitions: the messages from the next ones to there. Not in a group. */
  async readLag(options?: CallOptions, ...extra: never[]): Promise<number> {
    const checked = optionsOf('readLag', options, extra)
    return await traced(this.#alone('readLag').readLag(checked))
  }

  /**
   * Reads on from this offset, FirstOffset or LastOffset, or these by name; what was fetched ahead is dropped. Not in a
   * group: see `seek`.
   */
  setOffset(offset: number | OffsetName, ...extra: never[]): void {
    refuseMore('setOffset', extra, 'seek takes topic, partition and offset')
    this.#alone('setOffset').setOffset(offsetOf('offset', offset))
  }

  /**
   * Reads on from the first message of this time (milliseconds since 1970) or later; from the end when there is none.
   * Not in a group.
   */
  async setOffsetAt(time: Date | number, options?: CallOptions, ...extra: never[]): Promise<void> {
    const checked = optionsOf('setOffsetAt', options, extra)
    const timestamp = timeOf(time)
    await traced(this.#alone('setOffsetAt').setOffsetAt(timestamp, checked))
  }

  /**
   * Reads one partition on from elsewhere: an offset, 'earliest', 'latest', the first message of a moment or later, or the first
   * that is no older than a duration (`{ duration: 'PT1H' }`, or milliseconds; KIP-1106).
   * What was fetched of it and not handed out is dropped. In a group the partition must be one that this member has
   * (else a ConfigError), and what is read from there on is committed, be it lower than what was committed before.
   */
  seek(topic: string, partition: number, target: SeekTarget, ...extra: never[]): void {
    refuseMore('seek', extra)
    checkNamed('seek', topic, partition)
    this.#ensureOpen()
    const place = placeOf(target, this.#clock.now())
    if (this.#sole !== undefined && topic === this.#settings.topics[0]) return this.#sole.seek(partition, target)
    const position = this.#position(topic, partition)
    this.#source.forget([position])
    this.#fetcher.moveTo([position], place)
  }

  /**
   * Hands out nothing of these partitions (default: all that are read) until `resume`, or until they are taken from
   * this member. What was fetched of them and not handed out is dropped, and fetched again then: a pause keeps no
   * memory. A ConfigError for a partition that is not read.
   */
  pause(partitions?: readonly TopicPartition[], ...extra: never[]): void {
    this.#pauses.pause(this.#those('pause', partitions, extra))
  }

  /** Reads paused partitions (default: all) on from where they were left. */
  resume(partitions?: readonly TopicPartition[], ...extra: never[]): void {
    this.#pauses.resume(this.#those('resume', partitions, extra))
  }

  /** The partitions that are paused. */
  paused(...extra: never[]): TopicPartition[] {
    refuseMore('paused', extra)
    const paused = [...this.#fetcher.positions].filter(position => this.#pauses.has(position))
    return paused.map(({ topic, partition }) => ({ topic, partition }))
  }

  /** What happened since the last call, and how things stand. */
  stats(...extra: never[]): ReaderStats {
    refuseMore('stats', extra)
    const { minBytes, maxBytes, maxWait, queueCapacity, topics, pattern } = this.#settings
    const { left } = this.#source
    const counted = this.#counters.snapshot()
    // Those decoded and not handed out yet count next time.
    this.#counters.messages = left
    return {
      ...counted,
      messages: counted.messages - left,
      offset: this.offset(),
      lag: this.lag(),
      ...describe(this.#fetcher.positions, this.#source),
      minBytes,
      maxBytes,
      maxWait,
      queueLength: this.#fetcher.queueLength + left,
      queueCapacity,
      clientId: this.#transport.clientId,
      topic: pattern?.text ?? topics.join(','),
      partition: this.#partitionText(),
    }
  }

  /** The settings as given. */
  config(...extra: never[]): ReaderConfig {
    refuseMore('config', extra)
    return this.#given
  }

  /**
   * Ends reads that wait, sends the last commits, leaves the group (a static member does not, unless `leave` says so) and
   * ends all connections. Bounded by twice the `timeout`: what takes a broker longer ends in the background.
   */
  async close(given: CloseOptions = {}, ...extra: never[]): Promise<void> {
    const leave = leaveOf(given, extra)
    this.#closed ??= this.#shut(leave)
    await this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #shut(leave: boolean | undefined): Promise<void> {
    this.#pollWatch?.stop()
    this.#closing = true
    const positions = [...this.#fetcher.positions]
    this.#sole?.close(closedError())
    this.#missing?.close(closedError())
    this.#source.cut(positions)
    const told = this.#fetcher.close()
    this.#news.ring()
    // What a broker doesn't answer must not hold up the caller for each thing it is asked in turn.
    const deadline = new Deadline(2 * this.#settings.timeout, this.#clock)
    const inTime = (task: Promise<void> | undefined): Promise<void> =>
      deadline.bound(task ?? Promise.resolve(), closedError).catch(() => {})
    await inTime(this.#session?.close(closedError(), leave))
    await inTime(told)
    this.#source.forget(positions)
    if (this.#ownsTransport) await inTime(this.#transport.close())
  }

  async #checked(
    name: string,
    automatic: boolean,
    options: CallOptions | undefined,
    extra: readonly unknown[],
  ): Promise<Message> {
    return await this.#handout.slow(automatic, optionsOf(name, options, extra))
  }

  #start(): void {
    if (this.#started) return
    this.#ensureOpen()
    this.#started = true
    this.#session?.start()
    this.#pollWatch?.start()
    this.#missing?.start()
    this.#sole?.start()
  }

  #alone(method: string): PartitionSession {
    if (this.#sole === undefined)
      throw new ConfigError(
        `${method} is not for groups, whose offsets are their commits: use seek(topic, partition, …)`,
      )
    this.#ensureOpen()
    return this.#sole
  }

  #grouped(method: string): GroupSession {
    if (this.#session === undefined)
      throw new ConfigError(`${method}: there is nothing to commit to: the reader has no groupId`)
    return this.#session
  }

  #position(topic: string, partition: number): Position {
    const position = this.#fetcher.position(topic, partition)
    if (position === undefined)
      throw new ConfigError(
        `${topic}/${partition} is not being read${this.#session === undefined ? '' : ' by this member'}`,
      )
    return position
  }

  #those(method: string, partitions: readonly TopicPartition[] | undefined, extra: readonly unknown[]): Position[] {
    refuseMore(method, extra, 'it takes a list, as in [{ topic, partition }]')
    if (partitions !== undefined) checkList(method, partitions)
    this.#ensureOpen()
    return partitions?.map(({ topic, partition }) => this.#position(topic, partition)) ?? [...this.#fetcher.positions]
  }

  #partitionText(): string {
    if (this.#settings.partition !== undefined) return String(this.#settings.partition)
    const [only] = this.#fetcher.positions
    return this.#sole !== undefined && only !== undefined && this.#fetcher.count === 1 ? String(only.partition) : '-1'
  }

  #ensureOpen(): void {
    if (this.#closing) throw closedError()
  }

  #sessionOf(): GroupSession {
    const source = this.#source
    const fetcher = this.#fetcher
    const membership = membershipOf(this.#given, this.#settings, this.#transport)
    return new GroupSession({
      membership,
      commitInterval: this.#settings.commitInterval,
      clock: this.#clock,
      logger: membership.errorLogger,
      reader: {
        assigned: positions => {
          this.#counters.rebalances++
          fetcher.add(positions)
        },
        revoked: positions => {
          source.cut(positions)
          fetcher.remove(positions)
        },
        isBusy: positions => this.#handout.isBusyWith(positions),
        settle: () => source.settle(),
        forget: positions => source.forget(positions),
        hold: positions => this.#pauses.hold(positions),
        goTo: (position, offset) => {
          source.forget([position])
          fetcher.sendBack(position, placeOf(offset, this.#clock.now()))
        },
        wake: () => this.#news.ring(),
      },
    })
  }
}

function closedError(): ClosedError {
  return new ClosedError('the reader is closed')
}
