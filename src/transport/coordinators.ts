import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import { FindCoordinator } from '../protocol/find-coordinator.ts'
import type { CoordinatorKind } from '../protocol/route.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import type { BrokerInfo } from './layout.ts'

export type { CoordinatorKind } from '../protocol/route.ts'

const keyTypes = { group: 0, transaction: 1, share: 2 } as const

/** Which broker coordinates a group or a transaction, as last heard. */
export class Coordinators {
  readonly #known = new Map<string, BrokerInfo>()
  readonly #asked = new Map<string, Promise<BrokerInfo>>()
  readonly #anyBroker: () => Promise<BrokerConnection>

  constructor(anyBroker: () => Promise<BrokerConnection>) {
    this.#anyBroker = anyBroker
  }

  /** One try to find it, shared by all who ask meanwhile. */
  find(kind: CoordinatorKind, key: string): Promise<BrokerInfo> {
    const id = `${kind} ${key}`
    const known = this.#known.get(id)
    if (known !== undefined) return Promise.resolve(known)
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

  async #ask(kind: CoordinatorKind, key: string): Promise<BrokerInfo> {
    const connection = await this.#anyBroker()
    const response = await connection.request(FindCoordinator, { key, keyType: keyTypes[kind], coordinatorKeys: [key] })
    // Until version 3 the response itself is about the one key.
    const found = response.coordinators.find(coordinator => coordinator.key === key) ?? response
    if (found.errorCode !== 0) throw new KafkaError(found.errorCode, found.errorMessage)
    if (found.nodeId < 0) throw new KafkaError(ErrorCode.GroupCoordinatorNotAvailable)
    const broker = { id: found.nodeId, host: found.host, port: found.port, rack: null }
    this.#known.set(`${kind} ${key}`, broker)
    return broker
  }
}
