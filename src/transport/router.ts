import { Deadline } from '../base/deadline.ts'
import { ConfigError, isTemporary, messageOf, TimeoutError } from '../base/errors.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../protocol/api.ts'
import { KafkaError } from '../protocol/errors.ts'
import { Metadata } from '../protocol/metadata.ts'
import type { BrokerRoute, CoordinatorRoute, PlainRoute } from '../protocol/route.ts'
import { toAny } from '../protocol/route.ts'
import type { Cluster } from './cluster.ts'
import { anyBroker, brokerOf, codeIn, controllerOf, coordinatorOf, type Destination, type Whom } from './destination.ts'
import { concatenated } from './merge.ts'
import { type Ownership, PartitionFanout } from './partition-fanout.ts'
import { retry } from './retry.ts'
import type { RoundTripOptions } from './round-tripper.ts'
import { mayRepeat, type RoutedCall } from './routed-call.ts'
import type { Settings } from './settings.ts'
import type { Row } from './shape.ts'
import { awaitTopicChanges } from './topic-changes.ts'

/** A broker answered that it is not the one to ask, and this is what it answered. */
class Misdirected extends KafkaError {
  readonly response: Row

  constructor(code: number, response: Row) {
    super(code)
    this.response = response
  }
}

/** The types of resources that are a broker's own: its settings and its loggers. */
const brokerResources: readonly number[] = [4, 8]

/** Sends requests to the brokers they concern, and again when these have changed or could not be reached. */
export class Router {
  readonly #settings: Settings
  readonly #busyFetchKeys = new Set<string>()

  constructor(settings: Settings) {
    this.#settings = settings
  }

  async send<A extends AnyApi>(
    cluster: Cluster,
    api: A,
    request: RequestInput<A>,
    { signal, timeoutMs = cluster.patience, waitsMs = 0, brokerId }: RoundTripOptions,
  ): Promise<ResponseOf<A>> {
    const deadline = new Deadline(timeoutMs + waitsMs, this.#settings.clock)
    const rest = () => ({ timeoutMs: deadline.remaining, ...(signal && { signal }) })
    const call: RoutedCall = { cluster, api, request: request as Row, deadline, signal, rest }
    const sent = brokerId === undefined ? this.#route(call) : this.#toOne(call, brokerOf(cluster, brokerId, rest))
    return (await sent) as ResponseOf<A>
  }

  #route(call: RoutedCall): Promise<Row> {
    const { route = toAny } = call.api
    switch (route.to) {
      case 'leaders':
        return this.#toOwners(call, { ...route, kind: 'leader' })
      case 'shareCoordinators':
        return this.#toOwners(call, { ...route, kind: 'share' })
      case 'coordinator':
        return this.#toCoordinators(call, route)
      case 'broker':
        return this.#toBrokers(call, route)
      case 'every':
        return this.#toEvery(call)
      default:
        return this.#toOne(call, plainDestination(call, route))
    }
  }

  /** To a single broker, or the next if that one can't be reached or is not the one to ask. */
  async #toOne(call: RoutedCall, { find, lost, redirectCodes }: Destination): Promise<Row> {
    const { cluster, api, request, rest } = call
    const attempt = async (): Promise<Row> => {
      try {
        return settled((await this.#exchange(call, await find(), request)) ?? {}, redirectCodes)
      } catch (error) {
        if (isTemporary(error)) await lost(error)
        throw error
      }
    }
    const response = await this.#trying(call, attempt)
    await awaitTopicChanges(cluster, api.key, request, response, rest())
    return response
  }

  /** Each part to its owner. */
  #toOwners(call: RoutedCall, ownership: Ownership): Promise<Row> {
    return new PartitionFanout(this.#settings, this.#exchange, call, ownership).run()
  }

  /** To the coordinator of the group or transaction named, or to those of the listed, each for all of its own. */
  #toCoordinators(call: RoutedCall, { kind, field = '', lists }: CoordinatorRoute): Promise<Row> {
    const { cluster, request, rest } = call
    const key: string | undefined = request[field]
    if (key) return this.#toOne(call, coordinatorOf(cluster, kind, key, rest))
    // Nothing asked for is nothing answered, but by a broker, who knows the form.
    if (!lists || !request[lists.request[0]]?.length) return this.#toOne(call, anyBroker)
    return this.#toOwners(call, { ...lists, kind })
  }

  /**
   * Each resource of a broker's own to that broker, the others together to where they belong; any failure fails all.
   */
  async #toBrokers(call: RoutedCall, { resources }: BrokerRoute): Promise<Row> {
    const { cluster, api, request, rest } = call
    if (resources === undefined) throw new ConfigError(`${api.name} is about one broker: say which, with brokerId`)
    const [list] = resources.request
    const [answered] = resources.response
    const asked: readonly Row[] = request[list] ?? []
    const byBroker = new Map<number | undefined, Row[]>()
    for (const resource of asked) {
      const id = ownBroker(resource)
      byBroker.set(id, [...(byBroker.get(id) ?? []), resource])
    }
    const others = plainDestination(call, resources.otherwise)
    if (byBroker.size === 0) return this.#toOne(call, others)
    const responses = [...byBroker].map(([id, its]) =>
      this.#toOne(
        { ...call, request: { ...request, [list]: its } },
        id === undefined ? others : brokerOf(cluster, id, rest),
      ),
    )
    const response = concatenated(await Promise.all(responses))
    const order = new Map(asked.map((resource, at) => [keyOf(resource), at]))
    const rows = (response[answered] as Row[]).sort((a, b) => (order.get(keyOf(a)) ?? 0) - (order.get(keyOf(b)) ?? 0))
    return { ...response, [answered]: rows }
  }

  /** To every broker; any failure fails all. */
  async #toEvery(call: RoutedCall): Promise<Row> {
    const { cluster, request, rest } = call
    return this.#trying(call, async () => {
      await cluster.refresh([], rest())
      const asked = cluster.brokers().map(async ({ id }) => (await this.#exchange(call, id, request)) ?? {})
      return settled(concatenated(await Promise.all(asked)), anyBroker.redirectCodes)
    })
  }

  /**
   * Repeats the task while that may help. There may be no time to ask who else is to be asked: the last answer is the
   * answer then.
   */
  async #trying(call: RoutedCall, task: () => Promise<Row>): Promise<Row> {
    const { api, deadline, signal, cluster } = call
    const { backoff, clock, lifetime, onEvent } = this.#settings
    try {
      return await retry(task, {
        deadline,
        backoff,
        clock,
        lifetime,
        again: error => error instanceof Misdirected || mayRepeat(call, error),
        // Whom to ask may have taken all the time, too.
        late: last =>
          last ??
          new TimeoutError(`${api.name}: not done in time: ${messageOf(cluster.failure ?? cluster.name)}`, {
            sent: true,
          }),
        onRetry: (attempt, error) => onEvent?.({ type: 'retry', what: api.name, attempt, error }),
        ...(signal && { signal }),
      })
    } catch (error) {
      if (error instanceof Misdirected) return error.response
      throw error
    }
  }

  readonly #exchange = async (
    { cluster, api, rest }: RoutedCall,
    broker: Whom,
    request: Row,
  ): Promise<Row | undefined> => {
    const { lane = 'control' } = api
    const held = lane === 'fetch' ? this.#holdFetchKey(broker) : undefined
    try {
      // A member's requests wait for other members: each has a connection of its own.
      const key = lane === 'group' ? `${request['groupId']} ${request['memberId']}` : held
      const connection = await cluster.connection(broker, lane, { ...rest(), ...(key !== undefined && { key }) })
      api.check?.(request, connection.version(api))
      const response = await connection.request(api, request, {
        ...rest(),
        ...(request['acks'] === 0 && { noResponse: true }),
      })
      if (api.key === Metadata.key) cluster.meet((response as ResponseOf<typeof Metadata>).clusterId)
      if (broker === 'any' && codeIn(response, anyBroker.redirectCodes) !== 0) cluster.avoid(connection)
      return response
    } finally {
      if (held !== undefined) this.#busyFetchKeys.delete(held)
    }
  }

  /** A fetch may wait long at the broker: those under way at the same time have a connection each. */
  #holdFetchKey(broker: Whom): string {
    let n = 0
    while (this.#busyFetchKeys.has(`${broker}/${n}`)) n++
    const key = `${broker}/${n}`
    this.#busyFetchKeys.add(key)
    return key
  }
}

function plainDestination({ cluster, rest }: RoutedCall, { to }: PlainRoute): Destination {
  return to === 'controller' ? controllerOf(cluster, rest) : anyBroker
}

/** The response, unless it says that another is to be asked. */
function settled(response: Row, redirectCodes: readonly number[]): Row {
  const code = codeIn(response, redirectCodes)
  if (code !== 0) throw new Misdirected(code, response)
  return response
}

/**
 * The broker that a resource belongs to; undefined for what all brokers have in common, and for the defaults of
 * brokers.
 */
function ownBroker({ resourceType, resourceName }: Row): number | undefined {
  return brokerResources.includes(resourceType) && /^\d+$/.test(resourceName) ? Number(resourceName) : undefined
}

function keyOf({ resourceType, resourceName }: Row): string {
  return `${resourceType} ${resourceName}`
}
