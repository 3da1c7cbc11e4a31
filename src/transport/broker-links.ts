import { type Address, formatAddress } from '../base/address.ts'
import { ConnectionError, isTemporary, messageOf } from '../base/errors.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import { isStrangerError } from '../socket/peer.ts'
import type { Brokers } from './brokers.ts'
import type { ConnectionOptions, Lane } from './lane.ts'
import type { BrokerInfo } from './layout.ts'
import type { Pool } from './pool.ts'

/** Connections to the brokers of one cluster, out of the transport's pool. */
export class BrokerLinks {
  readonly #pool: Pool
  readonly #directory: Brokers
  /** Those that were reached at the address they are known by. */
  readonly #reached = new WeakSet<Address>()
  /** What is remembered is of another cluster. */
  readonly forgetGuess: () => void

  constructor(pool: Pool, directory: Brokers, forgetGuess: () => void) {
    this.#pool = pool
    this.#directory = directory
    this.forgetGuess = forgetGuess
  }

  /** An open connection to a broker of the metadata, or to an address of the bootstrap list. One try. */
  async connection(
    address: BrokerInfo | Address,
    lane: Lane,
    options: ConnectionOptions = {},
  ): Promise<BrokerConnection> {
    const peer = this.#directory.peerAt(address)
    try {
      const { recall } = this.#directory
      const guess = peer && recall && ((within: number) => recall.guess(formatAddress(address), peer, within))
      const connection = await this.#pool.connection(address, lane, {
        ...options,
        ...(peer && { peer }),
        ...(guess && { guess }),
      })
      this.#reached.add(address)
      recall?.note(connection, this.#directory, () => this.#strange(address))
      return connection
    } catch (error) {
      if (options.signal?.aborted) throw error
      // Metadata may know better by now, the bootstrap list if no known broker does. The others need not be as wrong.
      if (isStrangerError(error)) this.#strange(address)
      else if (isTemporary(error) && 'id' in address && !this.#reached.has(address)) throw this.#astray(address, error)
      throw error
    }
  }

  #strange(address: BrokerInfo | Address): void {
    this.#directory.drop(address)
    this.forgetGuess()
  }

  closeIdleTo(brokers: readonly string[]): void {
    for (const broker of brokers) this.#pool.closeIdleTo(broker)
  }

  /** The cluster can be reached, but not where it says that this broker is: mostly a matter of settings. */
  #astray(broker: BrokerInfo, error: unknown): unknown {
    const name = formatAddress(broker)
    const why = messageOf(error).replace(`${name}: `, '')
    return new ConnectionError(
      name,
      `broker ${broker.id} is to be reached here, says the cluster at ${this.#directory.seedNames} (advertised.listeners), but: ${why}`,
      { cause: error },
    )
  }
}
