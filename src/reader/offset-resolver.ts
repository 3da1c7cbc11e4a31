import { ProtocolError } from '../base/errors.ts'
import type { CallOptions } from '../base/signals.ts'
import { ErrorCode, errorFor, KafkaError } from '../protocol/errors.ts'
import { ListOffsets } from '../protocol/list-offsets.ts'
import { FirstOffset, IsolationLevel, LastOffset } from '../protocol/offsets.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import type { Cluster } from '../transport/cluster.ts'
import { findStarts } from '../transport/find-offsets.ts'
import { epochEnds } from './epoch-ends.ts'
import type { LogOffset } from './log-offset.ts'
import type { Asked, Position } from './position.ts'
import { isUnknownTopic, unknownTopic } from './unknown-topic.ts'
import { unreachableLeader } from './unreachable-leader.ts'

/** What became of a lookup. */
export type LookupOutcome = Asked &
  (
    | { readonly kind: 'located' }
    /** −1: no record at or after that time. */
    | { readonly kind: 'resolved'; readonly offset: number; readonly leaderEpoch: number }
    /** Where the largest epoch that is not above the position's ends on this leader, if it knows. */
    | { readonly kind: 'epochEnd'; readonly end: LogOffset | undefined; readonly currentLeaderEpoch: number }
    | { readonly kind: 'bounds'; readonly first: number; readonly last: number }
    /** The leader may be another by now. */
    | { readonly kind: 'failed'; readonly error: unknown }
  )

/**
 * One try of a lookup, in milliseconds: so long that a slow broker is waited for, so short that three of them are told
 * of in time.
 */
const lookupTimeout = 4_000

/** Asks who leads partitions, and what offsets are. One try each: who asks tries again. */
export class OffsetResolver {
  readonly #cluster: Cluster
  readonly #isolationLevel: IsolationLevel
  readonly #signal: AbortSignal

  constructor(cluster: Cluster, isolationLevel: IsolationLevel, signal: AbortSignal) {
    this.#cluster = cluster
    this.#isolationLevel = isolationLevel
    this.#signal = signal
  }

  /** Looks up the leaders of partitions of one topic. */
  locate(topic: string, positions: readonly Position[]): Promise<LookupOutcome[]> {
    return this.#lookup(positions, async (asked, options) => {
      const timeoutMs = Math.min(lookupTimeout, this.#cluster.patience)
      if (this.#cluster.peek(topic) !== undefined) await this.#cluster.refresh([topic], { ...options, timeoutMs })
      const { partitions } = await this.#topic(topic, { ...options, timeoutMs })
      return asked.map(each => {
        const { name, partition } = each.position
        if (partition >= partitions.length) {
          const text = `topic ${topic} has ${partitions.length} partitions, none has the number ${partition}`
          return { ...each, kind: 'failed', error: new KafkaError(ErrorCode.UnknownTopicOrPartition, text) }
        }
        if (partitions[partition]!.leader >= 0) return { ...each, kind: 'located' }
        return { ...each, kind: 'failed', error: new KafkaError(ErrorCode.LeaderNotAvailable, name) }
      })
    })
  }

  /** Asks a leader what positions' FirstOffset, LastOffset or time are. */
  resolve(leader: number, positions: readonly Position[]): Promise<LookupOutcome[]> {
    return this.#lookup(positions, async (asked, options) => {
      const questions = asked.map(({ position }) => ({ position, timestamp: position.sought ?? LastOffset }))
      const answers = await findStarts(
        questions,
        some => this.#ask(leader, some, this.#isolationLevel, options),
        answer => !(answer instanceof Error) && answer.offset < 0,
      )
      return asked.map((each, i) => {
        const answer = answers[i]!
        if (answer instanceof Error) return { ...each, kind: 'failed', error: answer }
        if (answer.offset >= 0) return { ...each, kind: 'resolved', ...answer }
        const error = new ProtocolError(`${each.position.name}: no offset to begin at: ${answer.offset}`)
        return { ...each, kind: 'failed', error }
      })
    })
  }

  /** Asks a leader where a partition begins and ends. */
  bounds(leader: number, position: Position): Promise<LookupOutcome[]> {
    return this.#lookup([position], async ([asked], options) => {
      const [first, last] = await Promise.all(
        [FirstOffset, LastOffset].map(async timestamp => {
          const [answer] = await this.#ask(leader, [{ position, timestamp }], IsolationLevel.ReadUncommitted, options)
          if (answer instanceof Error) throw answer
          return answer!.offset
        }),
      )
      return [{ ...asked!, kind: 'bounds', first: first!, last: last! }]
    })
  }

  /** Asks a leader whether its log has what was read. One that can't tell is believed to. */
  validate(leader: number, positions: readonly Position[]): Promise<LookupOutcome[]> {
    return this.#lookup(positions, async (asked, options) => {
      const questions = asked.map(({ position }) => {
        const { topic, partition } = position
        return { position, currentLeaderEpoch: this.#cluster.peek(topic)?.partitions[partition]?.leaderEpoch ?? -1 }
      })
      const within = { ...options, timeoutMs: lookupTimeout }
      const ends = await epochEnds(await this.#connect(leader, positions[0]!, within), questions, within)
      return asked.map((each, i) => {
        const end = ends.get(each.position.name)
        if (end instanceof Error) return { ...each, kind: 'failed', error: end }
        return { ...each, kind: 'epochEnd', end, currentLeaderEpoch: questions[i]!.currentLeaderEpoch }
      })
    })
  }

  async #topic(topic: string, options: CallOptions & { timeoutMs: number }) {
    try {
      return await this.#cluster.topic(topic, options)
    } catch (error) {
      throw isUnknownTopic(error) ? unknownTopic(topic) : error
    }
  }

  /** Offsets in the order of the questions, or what one fails with. */
  async #ask(
    leader: number,
    questions: readonly { readonly position: Position; readonly timestamp: number }[],
    isolationLevel: IsolationLevel,
    options: CallOptions,
  ): Promise<(LogOffset | Error)[]> {
    const topics = new Map<string, { partitionIndex: number; timestamp: number }[]>()
    for (const { position, timestamp } of questions) {
      const partitions = topics.get(position.topic) ?? []
      topics.set(position.topic, partitions)
      partitions.push({ partitionIndex: position.partition, timestamp })
    }
    const request = {
      replicaId: -1,
      isolationLevel,
      topics: [...topics].map(([name, partitions]) => ({ name, partitions })),
    }
    const within = { ...options, timeoutMs: lookupTimeout }
    const connection = await this.#connect(leader, questions[0]!.position, within)
    const response = await connection.request(ListOffsets, request, within)
    const answers = new Map<string, LogOffset | Error>()
    for (const { name, partitions } of response.topics) {
      for (const { partitionIndex, errorCode, offset, leaderEpoch } of partitions) {
        const place = `${name}/${partitionIndex}`
        answers.set(place, errorFor(errorCode, place) ?? { offset, leaderEpoch })
      }
    }
    return questions.map(
      ({ position: { name } }) => answers.get(name) ?? new KafkaError(ErrorCode.UnknownTopicOrPartition, name),
    )
  }

  #connect(leader: number, { name }: Position, within: CallOptions & { timeoutMs: number }): Promise<BrokerConnection> {
    return this.#cluster.connection(leader, 'control', within).catch(error => {
      throw unreachableLeader(error, leader, name)
    })
  }

  /** A lookup's failure is that of all its positions. */
  async #lookup(
    positions: readonly Position[],
    task: (asked: readonly Asked[], options: CallOptions) => Promise<LookupOutcome[]>,
  ): Promise<LookupOutcome[]> {
    const asked = positions.map(position => ({ position, era: position.era }))
    try {
      return await task(asked, { signal: this.#signal })
    } catch (error) {
      return asked.map(each => ({ ...each, kind: 'failed', error }))
    }
  }
}
