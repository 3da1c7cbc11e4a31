import { ConnectionError } from '../base/errors.ts'
import type { AnyApi } from '../protocol/api.ts'
import type { BrokerGuess } from '../socket/guess.ts'
import type { Peer } from '../socket/peer.ts'
import type { Requester } from '../socket/requester.ts'
import { BrokerVersions, type Spoken } from '../socket/versions.ts'
import { checkCluster } from './check-cluster.ts'

/** What a memory has of a broker, for one connection. */
export class RecalledBroker implements BrokerGuess {
  readonly spoken: Spoken
  readonly #versions: BrokerVersions
  readonly #broker: string
  readonly #peer: Peer
  readonly #timeoutMs: number
  readonly #apis = new Set<AnyApi>()

  constructor(broker: string, peer: Peer, spoken: Spoken, timeoutMs: number) {
    this.spoken = spoken
    this.#versions = new BrokerVersions(broker, spoken)
    this.#broker = broker
    this.#peer = peer
    this.#timeoutMs = timeoutMs
  }

  used(api: AnyApi): void {
    this.#apis.add(api)
  }

  check(connection: { readonly broker: string; readonly checksPeer: boolean }, inside: Requester): Promise<void> {
    return checkCluster(
      { ...inside, broker: this.#broker, checksPeer: connection.checksPeer },
      this.#peer,
      this.#timeoutMs,
    )
  }

  compare(told: BrokerVersions): void {
    const { features } = this.#versions
    const same =
      [...this.#apis].every(api => this.#versions.version(api) === told.version(api)) &&
      features.size === told.features.size &&
      [...told.features].every(([name, level]) => features.get(name) === level)
    if (!same) throw new ConnectionError(this.#broker, 'the broker speaks other versions than are remembered of it')
  }
}
