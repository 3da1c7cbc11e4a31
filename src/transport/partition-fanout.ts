import { backoffDelay } from '../base/backoff.ts'
import { isTemporary } from '../base/errors.ts'
import { ErrorCode } from '../protocol/errors.ts'
import type { CoordinatorKind, ListPath } from '../protocol/route.ts'
import { codeIn, coordinatorCodes } from './destination.ts'
import { assembled, type Shapes } from './merge.ts'
import { isMoved } from './moved.ts'
import { coordinatorsOf, leadersOf, type Owners } from './owners.ts'
import { type Part, partsOf, requestFor } from './parts.ts'
import { type Exchange, mayRepeat, type RoutedCall } from './routed-call.ts'
import type { Settings } from './settings.ts'
import { levelsOf, type Row } from './shape.ts'

/** The lists of a request and its response, and who owns what is in them: partitions' leaders, or coordinators. */
export interface Ownership {
  readonly request: ListPath
  readonly response: ListPath
  readonly kind: CoordinatorKind | 'leader'
}

/**
 * Sends a request to the owners of its parts (partitions, groups, transactions), again for those that have moved, and makes one response of the
 * answers.
 */
export class PartitionFanout {
  readonly #settings: Settings
  readonly #exchange: Exchange
  readonly #call: RoutedCall
  readonly #shapes: Shapes
  readonly #kind: Ownership['kind']
  /** What each partition was last answered: its part of a response, or a code of our own. */
  readonly #answers = new Map<Part, Row | number>()
  readonly #responses: Row[] = []
  #failure: unknown

  constructor(settings: Settings, exchange: Exchange, call: RoutedCall, { request, response, kind }: Ownership) {
    this.#settings = settings
    this.#exchange = exchange
    this.#call = call
    this.#shapes = { request: levelsOf(call.api.request, request), response: levelsOf(call.api.response, response) }
    this.#kind = kind
  }

  /** Rejects when no broker answered at all. */
  async run(): Promise<Row> {
    const { cluster, api, request, deadline, signal } = this.#call
    const { backoff, clock, lifetime } = this.#settings
    let open: readonly Part[] = partsOf(request, this.#shapes.request, id => cluster.nameOf(id))
    for (const part of open) this.#answers.set(part, ErrorCode.Unknown)
    for (let attempt = 1; ; attempt++) {
      try {
        if (attempt > 1) await this.#lookAgain(open)
        open = await this.#ask(open, attempt)
      } catch (error) {
        // Who owns them could not be asked.
        if (signal?.aborted || !isTemporary(error)) throw error
        this.#failure ??= error
      }
      const wait = backoffDelay(attempt, backoff, clock)
      if (open.length === 0 || wait >= deadline.remaining) break
      await lifetime.sleep(wait, signal && { signal })
    }
    if (this.#failure !== undefined && this.#responses.length === 0) throw this.#failure
    return assembled(api, this.#shapes, this.#responses, this.#answers)
  }

  async #lookAgain(parts: readonly Part[]): Promise<void> {
    const { cluster, rest } = this.#call
    const kind = this.#kind
    if (kind === 'leader') await cluster.refresh([...new Set(parts.map(({ topic }) => topic))].filter(Boolean), rest())
    else
      for (const part of parts) {
        const denied = codeIn(this.#answers.get(part), [ErrorCode.NotCoordinatorForGroup]) !== 0
        cluster[denied ? 'denyCoordinator' : 'forgetCoordinator'](kind, this.#keyOf(part))
      }
  }

  #owners(parts: readonly Part[]): Promise<Owners> {
    const { cluster, rest } = this.#call
    return this.#kind === 'leader'
      ? leadersOf(cluster, parts, rest())
      : coordinatorsOf(cluster, this.#kind, parts, this.#keyOf, rest())
  }

  /** What Kafka finds a part's coordinator by: its id, or that of a partition in the request's share group. */
  readonly #keyOf = ({ topicId, index }: Part): string =>
    this.#kind === 'share' ? `${this.#call.request['groupId']}:${topicId}:${index}` : `${index}`

  /** One round; answers the partitions to ask for again. */
  async #ask(parts: readonly Part[], attempt: number): Promise<Part[]> {
    const { cluster } = this.#call
    const again: Part[] = []
    const { byBroker, refused } = await this.#owners(parts)
    for (const [part, code] of refused) {
      // What the metadata does not have will not come by waiting, but a partition may be newer than what we know.
      const hopeless =
        code === ErrorCode.UnknownTopicOrPartition && (attempt > 1 || cluster.peek(part.topic) === undefined)
      this.#settle(part, code, hopeless ? [] : again)
    }
    await Promise.all([...byBroker].map(([broker, its]) => this.#askOne(broker, its, again)))
    return again
  }

  async #askOne(broker: number, parts: readonly Part[], again: Part[]): Promise<void> {
    const call = this.#call
    const request = requestFor(call.request, this.#shapes.request, parts, call.cluster)
    try {
      const response = await this.#exchange(call, broker, request)
      // Acks 0: no news is all there will be.
      if (response === undefined) for (const part of parts) this.#answers.set(part, 0)
      else this.#take(request, response, parts, again)
    } catch (error) {
      this.#failure ??= error
      if (mayRepeat(call, error)) again.push(...parts)
    }
  }

  /** Matches a response with what was asked for: topics that it names by id are those that the request named so. */
  #take(request: Row, response: Row, parts: readonly Part[], again: Part[]): void {
    const { cluster } = this.#call
    const sent = partsOf(request, this.#shapes.request, id => cluster.nameOf(id))
    const names = new Map(sent.map(({ topic, topicId }) => [topicId, topic]))
    const told = new Map(
      partsOf(response, this.#shapes.response, id => names.get(id)).map(part => [part.key, part.partition as Row]),
    )
    const endpoints = response['nodeEndpoints'] ?? []
    for (const part of parts) {
      const answer = told.get(part.key)
      const { leaderId = -1, leaderEpoch = -1 } = answer?.['currentLeader'] ?? {}
      if (leaderId >= 0)
        cluster.learnLeader(
          { topic: part.topic, partition: part.index as number },
          { leaderId, leaderEpoch, endpoints },
        )
      this.#settle(part, answer ?? ErrorCode.Unknown, again)
    }
    this.#responses.push(response)
  }

  #settle(part: Part, answer: Row | number, again: Part[]): void {
    this.#answers.set(part, answer)
    const row: Row = typeof answer === 'number' ? { errorCode: answer } : answer
    const isAgain = this.#kind === 'leader' ? isMoved(row['errorCode']) : codeIn(row, coordinatorCodes) !== 0
    if (isAgain) again.push(part)
  }
}
