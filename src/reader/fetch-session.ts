import { zeroUuid } from '../bytes/reader.ts'
import type { RequestInput, ResponseOf } from '../protocol/api.ts'
import { ErrorCode } from '../protocol/errors.ts'
import type { Fetch } from '../protocol/fetch.ts'
import type { TopicLayout } from '../transport/layout.ts'
import type { BrokerPositions } from './broker-positions.ts'
import type { FetchSettings } from './config.ts'
import { byTopic, isSame, limitOf, type ToldPartition, toldPartition } from './fetch-request.ts'
import type { Asked, Position } from './position.ts'

type Request = RequestInput<typeof Fetch>
type Response = ResponseOf<typeof Fetch>

/** The part of a request that says what is to be fetched. */
export type SessionRequest = Pick<Request, 'sessionId' | 'sessionEpoch' | 'topics' | 'forgottenTopicsData'>

/** What a broker was asked for: an answer is read by it. */
export interface AskedPartitions {
  /** What a partition of an answer was asked for as: once an answer, and nothing for one that was not asked for. */
  take(topic: { readonly topic: string; readonly topicId: string }, partition: number): ToldPartition | undefined
  /** Those that the answer should have and has not. */
  leftOut(): ToldPartition[]
  readonly size: number
}

/** First version of Fetch with sessions. */
const firstVersion = 7
/** First in which topics are named by their ids alone. */
const firstById = 13
/** Of a request that names all, and wants a session. */
const initialEpoch = 0
const lastEpoch = 0x7fffffff
/** Ends a session; with the id 0: none is wanted. */
const finalEpoch = -1
/** A broker that kept no session is asked for one again after so many milliseconds. */
const refusedFor = 60_000
const brokenCodes: readonly number[] = [
  ErrorCode.FetchSessionIDNotFound,
  ErrorCode.InvalidFetchSessionEpoch,
  ErrorCode.FetchSessionTopicIDError,
  ErrorCode.InconsistentTopicID,
]

/**
 * The incremental fetch session with one broker (KIP-227): after a first request that names all partitions each names
 * what changed, and each answer has what is new. It is not bound to a connection. Whenever the two may not have the
 * same in mind, the next request names all again.
 */
export class FetchSession implements AskedPartitions {
  readonly #positions: BrokerPositions
  readonly #settings: FetchSettings
  readonly #layoutOf: (topic: string) => TopicLayout | undefined
  /** 0: the broker keeps none. */
  #id = 0
  /** Of the next request. */
  #epoch = initialEpoch
  #byId = false
  /** Of the last request. */
  #version = 0
  #namesAll = true
  /** Counts requests. */
  #round = 0
  #refusedUntil = Number.NEGATIVE_INFINITY
  readonly #told = new Map<Position, ToldPartition>()
  /** The same, by the topic's id (or name) and the partition: as the broker has them. */
  readonly #byTopic = new Map<string, Map<number, ToldPartition>>()
  /** Of `#told`, what the next answer must have, for the broker has not said anything of it yet. */
  #due: ToldPartition[] = []
  /** Sum of the limits in `#told`. */
  #bytes = 0

  constructor(
    positions: BrokerPositions,
    settings: FetchSettings,
    layoutOf: (topic: string) => TopicLayout | undefined,
  ) {
    this.#positions = positions
    this.#settings = settings
    this.#layoutOf = layoutOf
  }

  get size(): number {
    return this.#told.size
  }

  /** What was asked for last. */
  get asked(): Asked[] {
    return [...this.#told.values()]
  }

  /** Whether the broker keeps it. */
  get isOpen(): boolean {
    return this.#id !== 0
  }

  /** Which version the request that was made is for. */
  get version(): number {
    return this.#version
  }

  /** Bytes that the next answer may have, by what is asked of each partition. */
  bytes(): number {
    let bytes = this.#bytes
    for (const position of this.#positions.changed) {
      if (this.#positions.has(position)) bytes += limitOf(position, this.#settings)
      bytes -= this.#told.get(position)?.partitionMaxBytes ?? 0
    }
    return bytes
  }

  /** The next request, to a broker that speaks this version: all that is to be fetched, or what changed of that. */
  request(version: number, now: number): SessionRequest {
    if (this.#epoch !== initialEpoch && !this.#canGoOn(version)) this.restart()
    this.#namesAll = this.#epoch === initialEpoch
    this.#round++
    const request = this.#namesAll ? this.#all(version, now) : this.#changes(version)
    this.#positions.settle()
    return request
  }

  /** The request that ends it. */
  end(): SessionRequest {
    const sessionId = this.#id
    this.#id = 0
    this.restart()
    return { sessionId, sessionEpoch: finalEpoch, topics: [], forgottenTopicsData: [] }
  }

  /**
   * Whether an answer says that the broker has another session in mind, or none: then the next request names all. Where
   * the last one did, such an error is one as any other.
   */
  isBroken({ errorCode, responses }: Response): boolean {
    if (this.#namesAll) return false
    const isBroken =
      brokenCodes.includes(errorCode) ||
      responses.some(({ partitions }) => partitions.some(each => each.errorCode === ErrorCode.InconsistentTopicID))
    if (errorCode === ErrorCode.FetchSessionIDNotFound) this.#id = 0
    if (isBroken) this.restart()
    return isBroken
  }

  take(
    { topic, topicId }: { readonly topic: string; readonly topicId: string },
    partition: number,
  ): ToldPartition | undefined {
    const told = this.#byTopic.get(this.#byId ? topicId : topic)?.get(partition)
    // A second answer would be read from the wrong place.
    if (told === undefined || told.round === this.#round) return undefined
    told.round = this.#round
    this.#positions.touch(told.position)
    return told
  }

  leftOut(): ToldPartition[] {
    return this.#namesAll ? this.#due.filter(({ round }) => round !== this.#round) : []
  }

  /** The answer to the request was taken in. */
  answered({ sessionId }: Response, now: number): void {
    const isWhole = this.#due.every(({ round }) => round === this.#round)
    const goesOn = this.#namesAll ? sessionId !== 0 : sessionId === this.#id && isWhole
    if (this.#namesAll && sessionId === 0) this.#refusedUntil = now + refusedFor
    if (this.#namesAll || sessionId === 0) this.#id = sessionId
    if (!goesOn) this.restart()
    else this.#epoch = this.#epoch === lastEpoch ? 1 : this.#epoch + 1
  }

  /** What the broker has in mind is not known: the next request names all. */
  restart(): void {
    this.#epoch = initialEpoch
    this.#clear()
    this.#positions.touchAll()
  }

  #clear(): void {
    this.#told.clear()
    this.#byTopic.clear()
    this.#bytes = 0
  }

  #canGoOn(version: number): boolean {
    if (!this.#byId) return version >= firstVersion
    if (version < firstById) return false
    for (const position of this.#positions.changed)
      if (this.#positions.has(position) && this.#idOf(position) === zeroUuid) return false
    return true
  }

  #all(version: number, now: number): SessionRequest {
    const positions = [...this.#positions]
    this.#byId = version >= firstById && positions.every(position => this.#idOf(position) !== zeroUuid)
    this.#version = this.#byId ? version : Math.min(version, firstById - 1)
    this.#clear()
    // Without a session brokers fill an answer in the order asked: each partition is to come first in its turn.
    const first = positions.length === 0 ? 0 : this.#round % positions.length
    for (const position of [...positions.slice(first), ...positions.slice(0, first)]) this.#tell(position)
    this.#due = [...this.#told.values()]
    const topics = byTopic(this.#told.values())
    const wanted = version >= firstVersion && (this.#id !== 0 || now >= this.#refusedUntil)
    return { sessionId: this.#id, sessionEpoch: wanted ? initialEpoch : finalEpoch, topics, forgottenTopicsData: [] }
  }

  #changes(version: number): SessionRequest {
    this.#version = this.#byId ? version : Math.min(version, firstById - 1)
    this.#due = []
    const told: ToldPartition[] = []
    const replaced: ToldPartition[] = []
    for (const position of this.#positions.changed) {
      const before = this.#told.get(position)
      if (this.#positions.has(position)) {
        const now = this.#tell(position)
        if (now !== before) told.push(now)
        if (now.round === 0 || position.failing !== undefined) this.#due.push(now)
        if (before === undefined || now === before) continue
      } else this.#told.delete(position)
      if (before !== undefined) replaced.push(before)
    }
    const forgotten = byTopic(replaced.filter(each => this.#forget(each)))
    return {
      sessionId: this.#id,
      sessionEpoch: this.#epoch,
      topics: byTopic(told),
      forgottenTopicsData: forgotten.map(({ topic, topicId, partitions }) => ({
        topic,
        topicId,
        partitions: partitions.map(({ partition }) => partition),
      })),
    }
  }

  /** What the broker is told of the position: what it was told before, if that is the same. */
  #tell(position: Position): ToldPartition {
    const layout = this.#layoutOf(position.topic)
    const told = toldPartition(position, layout, this.#version, this.#settings)
    const before = this.#told.get(position)
    if (before !== undefined && isSame(before, told)) return before
    this.#told.set(position, told)
    const key = this.#keyOf(told)
    let partitions = this.#byTopic.get(key)
    if (partitions === undefined) {
      partitions = new Map()
      this.#byTopic.set(key, partitions)
    }
    const known = partitions.get(told.partition)
    told.round = known?.round ?? 0
    this.#bytes += told.partitionMaxBytes - (known?.partitionMaxBytes ?? 0)
    partitions.set(told.partition, told)
    return told
  }

  /** Whether the broker is to drop it, rather than that it was told something else of the same partition since. */
  #forget(told: ToldPartition): boolean {
    const key = this.#keyOf(told)
    const partitions = this.#byTopic.get(key)
    if (partitions?.get(told.partition) !== told) return false
    this.#bytes -= told.partitionMaxBytes
    partitions.delete(told.partition)
    if (partitions.size === 0) this.#byTopic.delete(key)
    return true
  }

  #idOf({ topic }: Position): string {
    return this.#layoutOf(topic)?.id ?? zeroUuid
  }

  #keyOf({ topicId, position }: ToldPartition): string {
    return this.#byId ? topicId : position.topic
  }
}
