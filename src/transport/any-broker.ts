import { type Address, formatAddress } from '../base/address.ts'
import type { Clock } from '../base/clock.ts'
import { TimeoutError } from '../base/errors.ts'
import { firstSuccess } from '../base/first-success.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import type { BrokerLinks } from './broker-links.ts'
import type { Brokers } from './brokers.ts'
import type { Lane } from './lane.ts'
import type { Pool } from './pool.ts'
import { unreachable } from './unreachable.ts'

/** How long one broker may take before another is tried beside it, in milliseconds. */
const patience = 500

const none: ReadonlySet<string> = new Set()

/** Finds a broker to talk to when any will do: one connected already, else the first that answers. */
export class AnyBroker {
  readonly #clock: Clock
  readonly #pool: Pool
  readonly #links: BrokerLinks
  readonly #directory: Brokers
  readonly #searches = new Map<Lane, Promise<BrokerConnection>>()
  /** What each address said since the last one that answered: for the error of a caller who waits no longer. */
  readonly #failures = new Map<string, unknown>()

  constructor(pool: Pool, links: BrokerLinks, directory: Brokers, clock: Clock) {
    this.#clock = clock
    this.#pool = pool
    this.#links = links
    this.#directory = directory
  }

  /** One try of each address at most; whoever asks meanwhile shares the search. Those to `avoid`, as host:port, if there is no other. */
  any(lane: Lane, avoid = none): Promise<BrokerConnection> {
    const others = new Set([...this.#directory.addresses()].filter(address => !avoid.has(address)))
    const open = this.#pool.anyOpen(lane, others)
    if (open !== undefined) return Promise.resolve(open)
    if (avoid.size > 0) return this.#search(lane, avoid)
    let search = this.#searches.get(lane)
    if (search === undefined) {
      search = this.#search(lane, none).finally(() => this.#searches.delete(lane))
      this.#searches.set(lane, search)
    }
    return search
  }

  /** The error of a caller whose time is up: what the brokers said, if they did. */
  late(what: string): unknown {
    if (this.#failures.size > 0) return unreachable(this.#failures)
    return new TimeoutError(`${this.#directory.seedNames}: ${what}: no answer in time`)
  }

  /** Whom to try, in this order. Brokers that failed lately come last, those to avoid after the first two: the others may all be dead. */
  #candidates(avoid: ReadonlySet<string>): Address[] {
    const all = this.#directory.candidates().sort((a, b) => this.#pool.troubleOf(a) - this.#pool.troubleOf(b))
    const avoided = all.filter(address => avoid.has(formatAddress(address)))
    const others = all.filter(address => !avoided.includes(address))
    return [...others.slice(0, 2), ...avoided, ...others.slice(2)]
  }

  #search(lane: Lane, avoid: ReadonlySet<string>): Promise<BrokerConnection> {
    const failures = new Map<string, unknown>()
    const candidates = this.#candidates(avoid)
    const attempt = async (address: Address): Promise<BrokerConnection> => {
      try {
        const connection = await this.#links.connection(address, lane)
        this.#failures.clear()
        return connection
      } catch (error) {
        failures.set(formatAddress(address), error)
        this.#failures.set(formatAddress(address), error)
        throw error
      }
    }
    return firstSuccess(candidates, attempt, { patience, clock: this.#clock, failed: () => unreachable(failures) })
  }
}
