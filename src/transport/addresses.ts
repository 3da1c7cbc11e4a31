import { type Address, formatAddress } from '../base/address.ts'
import type { Deadline } from '../base/deadline.ts'
import { ConnectionError } from '../base/errors.ts'
import { firstSuccess } from '../base/first-success.ts'
import { linkSignals } from '../base/signals.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import type { Settings } from './settings.ts'
import { unreachable } from './unreachable.ts'

/**
 * How long a host may take before the next is tried beside it, in milliseconds; less where the time for all is short.
 */
const patience = 1000
/** The same for those that are tried beside the name itself. */
const shortPatience = 250
/** Of so many hosts it is remembered that they failed. */
const mostFailures = 1000

/** A connection, and the host it was dialed by. */
export interface Dialed {
  readonly connection: BrokerConnection
  readonly host: string
}

type Open = (host: string, signal: AbortSignal) => Promise<BrokerConnection>

/**
 * Where brokers' names lead, and which hosts failed last: those come last. A name is dialed as the runtime does it;
 * when that comes to no connection, the addresses it has are tried one by one, for the first may be one that takes
 * connections and never answers.
 */
export class Addresses {
  readonly #settings: Settings
  /** Hosts by when they failed last: the latest at the end. */
  readonly #failures = new Set<string>()

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** A connection made by this host broke. */
  failed(host: string): void {
    this.#failures.delete(host)
    this.#failures.add(host)
    for (const oldest of this.#failures) if (this.#failures.size > mostFailures) this.#failures.delete(oldest)
  }

  /**
   * Opens a connection to the first host of a broker's that gets so far. Rejects with what they said, or the signal's
   * reason.
   */
  async connect(address: Address, deadline: Deadline, signal: AbortSignal, open: Open): Promise<Dialed> {
    const { clock, lookUp, adapter } = this.#settings
    const { host: name, port } = address
    const errors = new Map<string, unknown>()
    const trying = new Set<string>()
    const link = linkSignals(signal)
    const attempt = async (host: string): Promise<Dialed> => {
      trying.add(host)
      try {
        const connection = await open(host, link.signal)
        this.#failures.delete(host)
        return { connection, host }
      } catch (error) {
        errors.set(formatAddress({ host, port }), error)
        if (!link.signal.aborted) this.failed(host)
        throw error
      } finally {
        trying.delete(host)
      }
    }
    const first = <C>(candidates: readonly C[], most: number, task: (candidate: C) => Promise<Dialed>) =>
      firstSuccess(candidates, task, {
        patience: Math.min(most, deadline.remaining / (candidates.length + 1)),
        clock,
        failed: () => (signal.aborted ? signal.reason : (errors.get(formatAddress(address)) ?? unreachable(errors))),
        tooLate: ({ connection }) => connection.abort(),
      })
    const byName = (): Promise<Dialed> => attempt(name)
    const byAddress = async (): Promise<Dialed> => {
      const hosts = await adapter.resolve!(name)
      if (hosts.length < 2) throw new ConnectionError(formatAddress(address), 'the name has no other address')
      return first(this.#inOrder(hosts), shortPatience, attempt)
    }
    try {
      if (lookUp !== undefined) return await first(this.#inOrder(await lookUp(address, signal)), patience, attempt)
      if (adapter.resolve === undefined || /^[\d.]+$|:/.test(name)) return await attempt(name)
      const ways = this.#failures.has(name) ? [byAddress, byName] : [byName, byAddress]
      return await first(ways, patience, way => way())
    } finally {
      // Whoever began before and has not got so far was too slow.
      for (const host of trying) this.failed(host)
      link.controller.abort(signal.reason)
      link.release()
    }
  }

  #inOrder(hosts: readonly string[]): string[] {
    const failures = [...this.#failures]
    return [...hosts].sort((a, b) => failures.indexOf(a) - failures.indexOf(b))
  }
}
