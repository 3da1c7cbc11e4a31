import type { ResponseOf } from '../protocol/api.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import { FindCoordinator } from '../protocol/find-coordinator.ts'
import type { CoordinatorKind } from '../protocol/route.ts'
import type { AnyBroker } from './any-broker.ts'
import { Coalesce } from './coalesce.ts'
import type { BrokerInfo } from './layout.ts'
import type { ClusterRecall } from './recall.ts'

export type { CoordinatorKind } from '../protocol/route.ts'

const keyTypes = { group: 0, transaction: 1, share: 2 } as const
const noun = { group: 'group', transaction: 'transactional id', share: 'share partition' } as const

/** So many are remembered, those used last: a program may have to do with any number of short-lived groups. */
const most = 1000

/** What came of the key in a look-up of several. */
type LookUp = (key: string) => Promise<BrokerInfo>

/**
 * Which broker coordinates a group or a transaction, as last heard. By id: where that broker is, metadata knows better.
 */
export class Coordinators {
  readonly #known = new Map<string, { readonly broker: number; readonly denied: boolean }>()
  readonly #asked = new Map<string, Promise<number>>()
  readonly #batches = new Map<CoordinatorKind, Coalesce<LookUp>>()
  readonly #anyBroker: AnyBroker
  /** Bounds a request, in milliseconds. */
  readonly #timeoutMs: number
  readonly #heard: (broker: BrokerInfo, denied: boolean) => Promise<void>

  readonly #recall: ClusterRecall | undefined

  /** `heard` is given each answer, and whether that broker was just said not to coordinate. */
  constructor(
    anyBroker: AnyBroker,
    timeoutMs: number,
    heard: (broker: BrokerInfo, denied: boolean) => Promise<void>,
    recall?: ClusterRecall,
  ) {
    this.#recall = recall
    this.#anyBroker = anyBroker
    this.#timeoutMs = timeoutMs
    this.#heard = heard
  }

  /** One try to find its broker's id, shared by all who ask meanwhile. */
  find(kind: CoordinatorKind, key: string): Promise<number> {
    const id = `${kind} ${key}`
    const known = this.#known.get(id) ?? this.#recalled(id)
    if (known?.denied === false) {
      this.#keep(id, known.broker)
      return Promise.resolve(known.broker)
    }
    let asking = this.#asked.get(id)
    if (asking === undefined) {
      asking = this.#askOnce(kind, key, id)
      this.#asked.set(id, asking)
    }
    return asking
  }

  forget(kind: CoordinatorKind, key: string): void {
    this.#known.delete(`${kind} ${key}`)
    this.#recall?.keepCoordinator(`${kind} ${key}`, undefined)
  }

  /** What is remembered is of another cluster. */
  forgetAll(): void {
    this.#known.clear()
  }

  /** Whoever was asked said that it is not the one. */
  deny(kind: CoordinatorKind, key: string): void {
    const known = this.#known.get(`${kind} ${key}`)
    if (known !== undefined) this.#keep(`${kind} ${key}`, known.broker, true)
  }

  #keep(id: string, broker: number, denied = false): void {
    this.#known.delete(id)
    this.#known.set(id, { broker, denied })
    this.#recall?.keepCoordinator(id, denied ? undefined : broker)
    if (this.#known.size > most) this.#known.delete(this.#known.keys().next().value!)
  }

  #recalled(id: string): { broker: number; denied: boolean } | undefined {
    const broker = this.#recall?.coordinator(id)
    return broker === undefined ? undefined : { broker, denied: false }
  }

  async #askOnce(kind: CoordinatorKind, key: string, id: string): Promise<number> {
    try {
      return await this.#ask(kind, key)
    } finally {
      this.#asked.delete(id)
    }
  }

  /** Those looked for in one turn are looked for in one request. */
  async #ask(kind: CoordinatorKind, key: string): Promise<number> {
    let batch = this.#batches.get(kind)
    if (batch === undefined) {
      batch = new Coalesce(keys => this.#lookUp(kind, keys))
      this.#batches.set(kind, batch)
    }
    const broker = await (await batch.ask([key]))(key)
    const denied = this.#known.get(`${kind} ${key}`)
    await this.#heard(broker, denied?.denied === true && denied.broker === broker.id)
    this.#keep(`${kind} ${key}`, broker.id)
    return broker.id
  }

  async #lookUp(kind: CoordinatorKind, keys: readonly string[]): Promise<LookUp> {
    const connection = await this.#anyBroker.any('control')
    const ask = (key: string, coordinatorKeys: readonly string[]) =>
      connection.request(
        FindCoordinator,
        { key, keyType: keyTypes[kind], coordinatorKeys },
        { timeoutMs: this.#timeoutMs },
      )
    // Before Kafka 3.0 a request has one key.
    const all = keys.length > 1 && connection.version(FindCoordinator) > 3 && ask('', keys)
    return async key => {
      try {
        return brokerIn(await (all || ask(key, [key])), kind, key)
      } catch (error) {
        // Another may know.
        this.#anyBroker.avoid(connection, error)
        throw error
      }
    }
  }
}

function brokerIn(response: ResponseOf<typeof FindCoordinator>, kind: CoordinatorKind, key: string): BrokerInfo {
  // Until version 3 the response itself is about the one key.
  const found = response.coordinators.find(coordinator => coordinator.key === key) ?? response
  const { nodeId, host, port, errorMessage } = found
  const errorCode = found.errorCode === 0 && nodeId < 0 ? ErrorCode.GroupCoordinatorNotAvailable : found.errorCode
  if (errorCode !== 0)
    throw new KafkaError(errorCode, [`${noun[kind]} ${key}`, errorMessage].filter(Boolean).join(': '))
  return { id: nodeId, host, port, rack: null }
}
