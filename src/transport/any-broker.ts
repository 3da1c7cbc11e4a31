import { type Address, formatAddress } from '../base/address.ts'
import type { Clock } from '../base/clock.ts'
import { TimeoutError } from '../base/errors.ts'
import { firstSuccess } from '../base/first-success.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import { isStrangerError } from '../socket/peer.ts'
import type { BrokerLinks } from './broker-links.ts'
import type { Brokers } from './brokers.ts'
import type { Lane } from './lane.ts'
import type { Pool } from './pool.ts'
import { unreachable } from './unreachable.ts'

/** How long one broker may take before another is tried beside it, in milliseconds. */
const patience = 500
/** How long a broker that could not do what any can comes last, in milliseconds. */
const avoidedFor = 10_000

/** Finds a broker to talk to when any will do: one connected already, else the first that answers. */
export class AnyBroker {
  readonly #clock: Clock
  readonly #pool: Pool
  readonly #links: BrokerLinks
  readonly #directory: Brokers
  readonly #searches = new Map<Lane, Promise<BrokerConnection>>()
  /** What each address said since the last one that answered: for the error of a caller who waits no longer. */
  readonly #failures = new Map<string, unknown>()
  /** Brokers to avoid, as host:port, and since when. */
  readonly #avoided = new Map<string, number>()

  constructor(pool: Pool, links: BrokerLinks, directory: Brokers, clock: Clock) {
    this.#clock = clock
    this.#pool = pool
    this.#links = links
    this.#directory = directory
  }

  /** One try of each address at most; whoever asks meanwhile shares the search. */
  any(lane: Lane): Promise<BrokerConnection> {
    const avoid = this.#toAvoid()
    const others = new Set([...this.#directory.addresses()].filter(address => !avoid.has(address)))
    const open = this.#pool.anyOpen(lane, others)
    if (open !== undefined) return Promise.resolve(open)
    let search = this.#searches.get(lane)
    if (search === undefined) {
      search = this.#searchOnce(lane, avoid)
      this.#searches.set(lane, search)
    }
    return search
  }

  async #searchOnce(lane: Lane, avoid: ReadonlySet<string>): Promise<BrokerConnection> {
    try {
      return await this.#search(lane, avoid)
    } finally {
      this.#searches.delete(lane)
    }
  }

  /**
   * A broker could not do what any can (`error` says why, if it is more than an answer): others are asked first for a
   * while.
   */
  avoid(connection: BrokerConnection, error?: unknown): void {
    this.#avoided.set(connection.broker, this.#clock.monotonic())
    // One this slow is stuck, and so would be what comes behind. A stranger is not asked again.
    if (error instanceof TimeoutError || isStrangerError(error)) connection.abort(error)
  }

  /** A broker that was to be avoided did what any can. */
  trust(connection: BrokerConnection): void {
    this.#avoided.delete(connection.broker)
  }

  /** The error of a caller whose time is up: what the brokers said, if they did. */
  late(what: string): unknown {
    return this.failure ?? new TimeoutError(`${this.#directory.seedNames}: ${what}: no answer in time`)
  }

  /** What each address said since the last one that answered; undefined where none failed. */
  get failure(): unknown {
    return this.#failures.size ? unreachable(this.#failures) : undefined
  }

  /** When all are to be avoided, the first may be asked again. */
  #toAvoid(): ReadonlySet<string> {
    const since = this.#clock.monotonic() - avoidedFor
    for (const [broker, at] of this.#avoided) if (at < since) this.#avoided.delete(broker)
    if ([...this.#directory.addresses()].every(address => this.#avoided.has(address))) this.#avoided.clear()
    return new Set(this.#avoided.keys())
  }

  /**
   * Whom to try, in this order. Brokers that failed lately come last, those to avoid after the first two: the others
   * may all be dead.
   */
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
