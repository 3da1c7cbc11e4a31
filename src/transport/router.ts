import { backoffDelay } from '../base/backoff.ts'
import { Deadline } from '../base/deadline.ts'
import { ConnectionError, isTemporary, TimeoutError } from '../base/errors.ts'
import type { CallOptions } from '../base/signals.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../protocol/api.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import type { Cluster, CoordinatorKind } from './cluster.ts'
import type { Settings } from './config.ts'
import { assembled, concatenated } from './merge.ts'
import { answersOf, type Item, isMoved, itemsOf, learnLeaders, plan, requestFor } from './partition-fanout.ts'
import { retry } from './retry.ts'
import type { RoundTripOptions } from './round-tripper.ts'
import { type CoordinatorsRoute, type LeaderRoute, type Route, type Row, routeOf } from './routes.ts'
import { awaitTopicChanges } from './topic-changes.ts'

/** One call on its way. */
interface RoutedCall {
  readonly cluster: Cluster
  readonly api: AnyApi
  readonly request: Row
  readonly route: Route
  readonly deadline: Deadline
  readonly signal: AbortSignal | undefined
}

/** A broker answered that it is not the one to ask. The answer is kept, for there may be no time to ask another. */
class Misdirected extends KafkaError {
  readonly response: Row

  constructor(code: number, response: Row) {
    super(code)
    this.response = response
  }
}

/** Sends requests to the brokers they concern, and again when these have changed or could not be reached. */
export class Router {
  private readonly settings: Settings
  private readonly busyFetchKeys = new Set<string>()

  constructor(settings: Settings) {
    this.settings = settings
  }

  async send<A extends AnyApi>(
    cluster: Cluster,
    api: A,
    request: RequestInput<A>,
    { signal, timeoutMs = cluster.patience }: RoundTripOptions,
  ): Promise<ResponseOf<A>> {
    const deadline = new Deadline(timeoutMs, this.settings.clock)
    const trip: RoutedCall = { cluster, api, request: request as Row, route: routeOf(api.key), deadline, signal }
    return (await this.travel(trip)) as ResponseOf<A>
  }

  private travel(trip: RoutedCall): Promise<Row> {
    const { route } = trip
    if (route.to === 'leader') return this.toLeaders(trip, route)
    if (route.to === 'all') return this.toAll(trip)
    if (route.to === 'coordinators') return this.toCoordinators(trip, route)
    return this.toOne(trip, destinationOf(trip))
  }

  /** To a single broker, or the next if that one can't be reached or is not the one to ask. */
  private async toOne(trip: RoutedCall, { find, lost, redirectCodes }: Destination): Promise<Row> {
    const { cluster, api, request } = trip
    const attempt = async (): Promise<Row> => {
      try {
        const response = (await this.exchange(trip, await find(), request)) ?? {}
        const code = codeIn(response, redirectCodes)
        if (code !== 0) throw new Misdirected(code, response)
        return response
      } catch (error) {
        if (isTemporary(error)) await lost()
        throw error
      }
    }
    try {
      const response = await this.trying(trip, attempt)
      await awaitTopicChanges(cluster, api.key, request, response, within(trip))
      return response
    } catch (error) {
      if (error instanceof Misdirected) return error.response
      throw error
    }
  }

  /** To the coordinator of each group or transaction listed; any failure fails all. */
  private async toCoordinators(trip: RoutedCall, route: CoordinatorsRoute): Promise<Row> {
    const { kind, list } = route
    const asked = [...new Set<string>(trip.request[list])].map(key => {
      const request = { ...trip.request, [list]: [key] }
      return this.toOne({ ...trip, request }, coordinatorDestination(trip, kind, key))
    })
    // Nothing asked for is nothing answered, but by a broker, who knows the form.
    return asked.length === 0 ? this.toOne(trip, anyone) : concatenated(await Promise.all(asked))
  }

  /** To every broker; any failure fails all. */
  private async toAll(trip: RoutedCall): Promise<Row> {
    const { cluster } = trip
    return this.trying(trip, async () => {
      await cluster.refresh([], within(trip))
      return concatenated(await Promise.all(cluster.brokers().map(async ({ id }) => (await this.exchange(trip, id, trip.request)) ?? {})))
    })
  }

  /** To the leaders of the partitions; again for those whose leader has moved. Rejects when no leader answered at all. */
  private async toLeaders(trip: RoutedCall, route: LeaderRoute): Promise<Row> {
    const { cluster, api, request, deadline, signal } = trip
    const { backoff, lifetime } = this.settings
    const items = itemsOf(request, route.request)
    const outcome: Outcome = { answers: new Map(items.map(item => [item, ErrorCode.Unknown])), responses: [], failure: undefined }
    let open: readonly Item[] = items
    for (let attempt = 1; ; attempt++) {
      try {
        if (attempt > 1) await cluster.refresh([...new Set(open.map(({ name }) => name))], within(trip))
        open = await this.askLeaders(trip, route, open, outcome, attempt)
      } catch (error) {
        // The cluster could not be asked who leads.
        if (signal?.aborted || !isTemporary(error)) throw error
        outcome.failure ??= error
      }
      const wait = backoffDelay(attempt, backoff)
      if (open.length === 0 || wait >= deadline.remaining) break
      await lifetime.sleep(wait, signal && { signal })
    }
    if (outcome.failure !== undefined && outcome.responses.length === 0) throw outcome.failure
    return assembled(api, route.response, outcome.responses, outcome.answers)
  }

  /** One round; answers the partitions to ask for again. */
  private async askLeaders(
    trip: RoutedCall,
    route: LeaderRoute,
    items: readonly Item[],
    outcome: Outcome,
    attempt: number,
  ): Promise<Item[]> {
    const { cluster, request, deadline, signal } = trip
    const again: Item[] = []
    const settle = (item: Item, answer: Row | number): void => {
      outcome.answers.set(item, answer)
      if (isMoved(typeof answer === 'number' ? answer : answer['errorCode'])) again.push(item)
    }
    const { byLeader, refused } = await plan(cluster, items, deadline, signal)
    for (const [item, code] of refused) {
      // What the metadata does not have will not come by waiting, but a partition may be newer than what we know.
      if (code !== ErrorCode.UnknownTopicOrPartition || (attempt === 1 && cluster.peek(item.name) !== undefined)) settle(item, code)
      else outcome.answers.set(item, code)
    }
    const asked = [...byLeader].map(async ([leader, its]) => {
      try {
        const response = await this.exchange(trip, leader, requestFor(request, route.request, its, cluster))
        // Acks 0: no news is all there will be.
        if (response === undefined) for (const item of its) outcome.answers.set(item, 0)
        else {
          const told = answersOf(response, route.response, its, cluster)
          learnLeaders(response, told, cluster)
          for (const [item, answer] of told) settle(item, answer ?? ErrorCode.Unknown)
          outcome.responses.push(response)
        }
      } catch (error) {
        outcome.failure ??= error
        if (mayRepeat(trip, error)) again.push(...its)
      }
    })
    await Promise.all(asked)
    return again
  }

  private trying<T>(trip: RoutedCall, task: () => Promise<T>): Promise<T> {
    const { api, deadline, signal, cluster } = trip
    const { backoff, lifetime, onEvent } = this.settings
    return retry(task, {
      deadline,
      backoff,
      lifetime,
      again: error => error instanceof Misdirected || mayRepeat(trip, error),
      late: last => last ?? new TimeoutError(`${cluster.name}: ${api.name}: not done in time`, { sent: true }),
      onRetry: (attempt, error) => onEvent?.({ type: 'retry', what: api.name, attempt, error }),
      ...(signal && { signal }),
    })
  }

  private async exchange(trip: RoutedCall, broker: number | 'any' | 'controller', request: Row): Promise<Row | undefined> {
    const { cluster, api, route } = trip
    const { lane = 'control' } = route
    const held = lane === 'fetch' ? this.holdFetchKey(broker) : undefined
    try {
      const key = held ?? route.key?.(request)
      const connection = await cluster.connection(broker, lane, { ...within(trip), ...(key !== undefined && { key }) })
      return await connection.request(api, request, { ...within(trip), ...(request['acks'] === 0 && { noResponse: true }) })
    } finally {
      if (held !== undefined) this.busyFetchKeys.delete(held)
    }
  }

  /** A fetch may wait long at the broker: those under way at the same time have a connection each. */
  private holdFetchKey(broker: number | 'any' | 'controller'): string {
    let n = 0
    while (this.busyFetchKeys.has(`${broker}/${n}`)) n++
    const key = `${broker}/${n}`
    this.busyFetchKeys.add(key)
    return key
  }
}

/** How to find the one broker a request is for. */
interface Destination {
  find(): Promise<number | 'any' | 'controller'>
  /** It could not be reached, or was the wrong one. Never rejects. */
  lost(): Promise<void>
  /** Error codes that say: ask another. */
  readonly redirectCodes: readonly number[]
}

/** The first after a start answer so until they have what they need: a range of producer ids, the topic of coordinators. */
const notYet: readonly number[] = [ErrorCode.GroupLoadInProgress, ErrorCode.GroupCoordinatorNotAvailable]

const anyone: Destination = { find: async () => 'any', lost: async () => {}, redirectCodes: notYet }

function destinationOf(trip: RoutedCall): Destination {
  const { cluster, route, request } = trip
  if (route.to === 'controller') {
    // With KRaft any broker passes it on; who says otherwise runs with ZooKeeper.
    return {
      find: async () => 'controller',
      lost: () => cluster.refresh([], within(trip)).catch(() => {}),
      redirectCodes: [ErrorCode.NotController],
    }
  }
  const key = route.to === 'coordinator' ? route.of(request) : undefined
  return route.to === 'coordinator' && key !== undefined ? coordinatorDestination(trip, route.kind, key) : anyone
}

function coordinatorDestination(trip: RoutedCall, kind: CoordinatorKind, key: string): Destination {
  const { cluster } = trip
  return {
    find: () => cluster.coordinator(kind, key, within(trip)),
    lost: async () => cluster.forgetCoordinator(kind, key),
    redirectCodes: [...notYet, ErrorCode.NotCoordinatorForGroup],
  }
}

interface Outcome {
  /** What each partition was last answered: its part of a response, or a code of our own. */
  readonly answers: Map<Item, Row | number>
  readonly responses: Row[]
  failure: unknown
}

/** What is left of the call, for a step of it. */
function within({ deadline, signal }: RoutedCall): CallOptions & { timeoutMs: number } {
  return { timeoutMs: deadline.remaining, ...(signal && { signal }) }
}

/** Whether a failed request may be sent again: the broker has not seen it, or seeing it twice does no harm. */
function mayRepeat({ route }: RoutedCall, error: unknown): boolean {
  if (!isTemporary(error)) return false
  const sent = error instanceof ConnectionError || error instanceof TimeoutError ? error.sent : false
  return !sent || route.repeatable === true
}

/** The first of these error codes anywhere in the response; 0 for none. */
function codeIn(value: unknown, codes: readonly number[]): number {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || codes.length === 0) return 0
  const { errorCode, partitionErrorCode } = value as Row
  if (codes.includes(errorCode)) return errorCode
  // So named by AddPartitionsToTxn alone.
  if (codes.includes(partitionErrorCode)) return partitionErrorCode
  for (const inner of Object.values(value)) {
    const code = codeIn(inner, codes)
    if (code !== 0) return code
  }
  return 0
}
