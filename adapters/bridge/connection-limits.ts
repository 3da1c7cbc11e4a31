import type { BridgeLimits } from './config.ts'
import { clientKey } from './ip.ts'
import { Refusal } from './refusal.ts'

// Addresses whose tokens are counted. Beyond, those that waited longest are forgotten, which favours nobody for more
// than one burst.
const mostBuckets = 10_000
const burstSeconds = 10

/** Counts who is in, and how often who knocks. */
export class ConnectionLimits {
  readonly #limits: BridgeLimits
  readonly #monotonic: () => number
  readonly #byAddress = new Map<string, number>()
  readonly #byIdentity = new Map<string, number>()
  readonly #buckets = new Map<string, { tokens: number; at: number }>()
  #count = 0

  constructor(limits: BridgeLimits, monotonic: () => number) {
    this.#limits = limits
    this.#monotonic = monotonic
  }

  /** Connections now, those being opened included. */
  get count(): number {
    return this.#count
  }

  /** Lets one in; the answer lets it out again. Throws a Refusal. */
  enter(remoteAddress: string): () => void {
    const address = clientKey(remoteAddress)
    if (!this.#mayKnock(address)) throw new Refusal(429, 'rate', 'too many upgrades: wait a little')
    if (this.#count >= this.#limits.connections)
      throw new Refusal(503, 'connections', 'the bridge has all the connections it takes')
    const leave = occupy(this.#byAddress, address, this.#limits.connectionsPerAddress, 'from this address')
    this.#count++
    return () => {
      this.#count--
      leave()
    }
  }

  /** Counts a connection as this identity's; the answer takes that back. Throws a Refusal. */
  identify(id: string): () => void {
    return occupy(this.#byIdentity, id, this.#limits.connectionsPerIdentity, 'by this identity')
  }

  #mayKnock(address: string): boolean {
    const { upgradesPerSecond } = this.#limits
    const burst = upgradesPerSecond * burstSeconds
    const now = this.#monotonic()
    const bucket = this.#buckets.get(address)
    const tokens =
      bucket === undefined ? burst : Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * upgradesPerSecond)
    // Kept in the order of use.
    this.#buckets.delete(address)
    if (this.#buckets.size >= mostBuckets) this.#buckets.delete(this.#buckets.keys().next().value!)
    this.#buckets.set(address, { tokens: Math.max(0, tokens - 1), at: now })
    return tokens >= 1
  }
}

function occupy(counts: Map<string, number>, key: string, most: number, whose: string): () => void {
  const count = counts.get(key) ?? 0
  if (count >= most) throw new Refusal(429, 'connections', `too many connections ${whose}`)
  counts.set(key, count + 1)
  return () => {
    const left = counts.get(key)! - 1
    if (left === 0) counts.delete(key)
    else counts.set(key, left)
  }
}
