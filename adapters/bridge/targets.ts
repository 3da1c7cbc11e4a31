import { type Address, formatAddress } from '../../src/base/address.ts'
import { messageOf } from '../../src/base/errors.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { Transport } from '../../src/transport/transport.ts'
import type { Settings } from './settings.ts'

// What the cluster said is asked again after this long, and sooner for a target it did not name: milliseconds.
const freshFor = 60_000
const leastBetween = 1_000
const mostTold = 10

/** Where connections may go: the listed addresses, and those the cluster advertises. */
export class Targets {
  readonly #settings: Settings
  readonly #listed: ReadonlyMap<string, Address>
  #learnt: ReadonlyMap<string, Address> = new Map()
  #askedAt = Number.NEGATIVE_INFINITY
  #asking: Promise<void> | undefined

  constructor(settings: Settings) {
    this.#settings = settings
    this.#listed = byText([...settings.targets, ...settings.learnFrom])
  }

  /** The address, if a connection may go there. */
  async find(text: string): Promise<Address | undefined> {
    const listed = this.#listed.get(text)
    if (listed !== undefined || this.#settings.learnFrom.length === 0) return listed
    const age = this.#settings.clock.monotonic() - this.#askedAt
    if (age > freshFor || (age > leastBetween && !this.#learnt.has(text))) await this.#ask()
    return this.#learnt.get(text)
  }

  /** Every target known now, as host:port. */
  known(): string[] {
    return [...new Set([...this.#listed.keys(), ...this.#learnt.keys()])]
  }

  #ask(): Promise<void> {
    // One request can't wait for what belongs to another there.
    if (this.#settings.confined) return this.#learn()
    this.#asking ??= this.#learn().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  /** A cluster that doesn't answer leaves what was known. */
  async #learn(): Promise<void> {
    const { adapter, clock, learnFrom, limits, logger, sasl, tls } = this.#settings
    const transport = new Transport({
      adapter,
      clock,
      natives: {},
      ...(tls && { tls }),
      ...(sasl && { sasl }),
      dialTimeout: limits.dialTimeout,
    })
    try {
      const addr = learnFrom.map(formatAddress)
      const { brokers } = await transport.roundTrip(addr, Metadata, { topics: [] }, { timeoutMs: limits.dialTimeout })
      const advertised = byText(brokers.map(({ host, port }) => ({ host, port })))
      const strange = [...advertised].filter(([, address]) => !this.#settings.mayLearn(address))
      for (const [text] of strange) advertised.delete(text)
      // Whoever has a broker must not lead browsers to other services.
      if (strange.length > 0)
        logger.warn('targets not learnt', { targets: strange.slice(0, mostTold).map(([text]) => text) })
      this.#learnt = advertised
    } catch (error) {
      logger.warn('targets not learnt', { error: messageOf(error) })
    } finally {
      this.#askedAt = clock.monotonic()
      await transport.close()
    }
  }
}

function byText(addresses: readonly Address[]): Map<string, Address> {
  return new Map(addresses.map(address => [formatAddress(address), address]))
}
