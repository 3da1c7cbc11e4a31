import { ConnectionError } from '../base/errors.ts'
import type { AnyApi } from '../protocol/api.ts'
import { ApiVersions } from '../protocol/api-versions.ts'
import type { BrokerGuess, GuessedConnection } from '../socket/guess.ts'
import type { Peer } from '../socket/peer.ts'
import type { Requester } from '../socket/requester.ts'
import { BrokerVersions, type Spoken } from '../socket/versions.ts'
import { checkCluster } from './check-cluster.ts'

/** What a memory has of a broker, for one connection. */
export class RecalledBroker implements BrokerGuess {
  readonly spoken: Spoken
  readonly #versions: BrokerVersions
  readonly #peer: Peer
  readonly #timeoutMs: number
  readonly #used = new Set<AnyApi>()

  constructor(broker: string, peer: Peer, spoken: Spoken, timeoutMs: number) {
    this.spoken = spoken
    this.#versions = new BrokerVersions(broker, spoken)
    this.#peer = peer
    this.#timeoutMs = timeoutMs
  }

  use(api: AnyApi, task: () => number, connection: GuessedConnection): number {
    this.#used.add(api)
    try {
      return task()
    } catch (cause) {
      const why = `what is remembered of the broker has no ${api.name}`
      const error = new ConnectionError(connection.broker, why, { cause })
      connection.abort(error)
      throw error
    }
  }

  async confirm(
    connection: GuessedConnection,
    inside: Requester,
    learn: (version: number) => Promise<BrokerVersions>,
  ): Promise<void> {
    const { broker, checksPeer } = connection
    const offered = this.#versions.offered.get(ApiVersions.key)?.maxVersion ?? ApiVersions.maxVersion
    const [told] = await Promise.all([
      learn(Math.min(ApiVersions.maxVersion, offered)),
      checkCluster({ ...inside, broker, checksPeer }, this.#peer, this.#timeoutMs),
    ])
    if (!this.#agrees(told))
      throw new ConnectionError(broker, 'the broker speaks other versions than are remembered of it')
  }

  #agrees(told: BrokerVersions): boolean {
    const { features } = this.#versions
    return (
      [...this.#used].every(api => this.#versions.version(api) === told.version(api)) &&
      features.size === told.features.size &&
      [...told.features].every(([name, level]) => features.get(name) === level)
    )
  }
}
