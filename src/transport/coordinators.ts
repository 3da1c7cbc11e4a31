import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import { FindCoordinator } from '../protocol/find-coordinator.ts'
import type { CoordinatorKind } from '../protocol/route.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import type { AnyBroker } from './any-broker.ts'
import type { BrokerInfo } from './layout.ts'

export type { CoordinatorKind } from '../protocol/route.ts'

const keyTypes = { group: 0, transaction: 1, share: 2 } as const
const noun = { group: 'group', transaction: 'transactional id', share: 'share partition' } as const

/** So many are remembered, those used last: a program may have to do with any number of short-lived groups. */
const most = 1000

/**
 * Which broker coordinates a group or a transaction, as last heard. By id: where that broker is, metadata knows better.
 */
export class Coordinators {
  readonly #known = new Map<string, { readonly broker: number; readonly denied: boolean }>()
  readonly #asked = new Map<string, Promise<number>>()
  readonly #anyBroker: AnyBroker
  /** Bounds a request, in milliseconds. */
  readonly #timeoutMs: number
  readonly #heard: (broker: BrokerInfo, denied: boolean) => Promise<void>

  /** `heard` is given each answer, and whether that broker was just said not to coordinate. */
  constructor(anyBroker: AnyBroker, timeoutMs: number, heard: (broker: BrokerInfo, denied: boolean) => Promise<void>) {
    this.#anyBroker = anyBroker
    this.#timeoutMs = timeoutMs
    this.#heard = heard
  }

  /** One try to find its broker's id, shared by all who ask meanwhile. */
  find(kind: CoordinatorKind, key: string): Promise<number> {
    const id = `${kind} ${key}`
    const known = this.#known.get(id)
    if (known?.denied === false) {
      this.#keep(id, known.broker)
      return Promise.resolve(known.broker)
    }
    let asking = this.#asked.get(id)
    if (asking === undefined) {
      asking = this.#ask(kind, key).finally(() => this.#asked.delete(id))
      this.#asked.set(id, asking)
    }
    return asking
  }

  forget(kind: CoordinatorKind, key: string): void {
    this.#known.delete(`${kind} ${key}`)
  }

  /** Whoever was asked said that it is not the one. */
  deny(kind: CoordinatorKind, key: string): void {
    const known = this.#known.get(`${kind} ${key}`)
    if (known !== undefined) this.#keep(`${kind} ${key}`, known.broker, true)
  }

  #keep(id: string, broker: number, denied = false): void {
    this.#known.delete(id)
    this.#known.set(id, { broker, denied })
    if (this.#known.size > most) this.#known.delete(this.#known.keys().next().value!)
  }

  async #ask(kind: CoordinatorKind, key: string): Promise<number> {
    const connection = await this.#anyBroker.any('control')
    let broker: BrokerInfo
    try {
      broker = await this.#request(connection, kind, key)
    } catch (error) {
      // Another may know.
      this.#anyBroker.avoid(connection, error)
      throw error
    }
    const denied = this.#known.get(`${kind} ${key}`)
    await this.#heard(broker, denied?.denied === true && denied.broker === broker.id)
    this.#keep(`${kind} ${key}`, broker.id)
    return broker.id
  }

  async #request(connection: BrokerConnection, kind: CoordinatorKind, key: string): Promise<BrokerInfo> {
    const request = { key, keyType: keyTypes[kind], coordinatorKeys: [key] }
    const response = await connection.request(FindCoordinator, request, { timeoutMs: this.#timeoutMs })
    // Until version 3 the response itself is about the one key.
    const found = response.coordinators.find(coordinator => coordinator.key === key) ?? response
    const { nodeId, host, port, errorMessage } = found
    const errorCode = found.errorCode === 0 && nodeId < 0 ? ErrorCode.GroupCoordinatorNotAvailable : found.errorCode
    if (errorCode !== 0)
      throw new KafkaError(errorCode, [`${noun[kind]} ${key}`, errorMessage].filter(Boolean).join(': '))
    return { id: nodeId, host, port, rack: null }
  }
}
