import type { Clock } from '../../src/base/clock.ts'
import { sleep } from '../../src/base/signals.ts'
import type { BridgeLimits } from './config.ts'
import { crowdRation } from './flood.ts'
import { clientKey } from './ip.ts'
import { Ration } from './ration.ts'
import { Refusal } from './refusal.ts'

// Addresses and identities that have nobody in, and are remembered for what they did. Beyond, those that waited longest
// are forgotten, which favours nobody for more than one burst.
const mostRemembered = 10_000
const burstSeconds = 10
// Milliseconds from one upgrade to the next. Each costs as much as hundreds of messages: those of a crowd at once would
// hold up all else, and without end take all its time.
const upgradeEvery = 5

/** A connection's place among those of its address, or of its identity. */
export interface Place {
  /** Frames of all of them together. */
  readonly frames: Ration
  /** Whether there were more floods than are forgiven. */
  owes(now: number): boolean
  /** It was ended as a flood, which costs as many upgrades as may come in a second. */
  flooded(now: number): void
  /** Gives it back. */
  leave(): void
}

/** Counts who is in, and how often who knocks. */
export class ConnectionLimits {
  readonly #limits: BridgeLimits
  readonly #clock: Clock
  readonly #addresses: Accounts
  readonly #identities: Accounts
  #count = 0
  /** When an upgrade was last taken up, and up to when turns are given away. */
  #lastTurn = Number.NEGATIVE_INFINITY
  #promised = Number.NEGATIVE_INFINITY
  #waiting = 0

  constructor(limits: BridgeLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
    this.#addresses = new Accounts(limits)
    this.#identities = new Accounts(limits)
  }

  /** Connections now, those being opened included. */
  get count(): number {
    return this.#count
  }

  /** Lets one in. Throws a Refusal. */
  enter(remoteAddress: string): Place {
    const address = this.#knock(this.#addresses, clientKey(remoteAddress))
    if (this.#count >= this.#limits.connections)
      throw new Refusal(503, 'connections', 'the bridge has all the connections it takes')
    const place = address.enter(this.#limits.connectionsPerAddress, 'from this address')
    this.#count++
    return {
      ...place,
      leave: () => {
        this.#count--
        place.leave()
      },
    }
  }

  /**
   * Waits until it is this upgrade's turn; rejects with the signal's reason, and with a Refusal when others of its
   * places flooded meanwhile.
   */
  async turn(places: readonly Place[], signal: AbortSignal): Promise<void> {
    await this.#wait(signal)
    if (places.some(place => place.owes(this.#clock.monotonic()))) throw tooMany()
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const clock = this.#clock
    if (this.#waiting === 0 && this.#isTurn(clock.monotonic())) return
    this.#waiting++
    try {
      // Where timers are late they are so together: of those whose time has come one goes, the others wait again.
      do {
        this.#promised = Math.max(this.#promised, this.#lastTurn) + upgradeEvery
        await sleep(this.#promised - clock.monotonic(), { signal, clock })
      } while (!this.#isTurn(clock.monotonic()))
    } finally {
      this.#waiting--
    }
  }

  #isTurn(now: number): boolean {
    if (now < this.#lastTurn + upgradeEvery) return false
    this.#lastTurn = now
    return true
  }

  /** Counts a connection as this identity's. Throws a Refusal. */
  identify(id: string): Place {
    return this.#knock(this.#identities, id).enter(this.#limits.connectionsPerIdentity, 'by this identity')
  }

  #knock(accounts: Accounts, key: string): Account {
    const now = this.#clock.monotonic()
    const account = accounts.of(key, now)
    if (account.upgrades.left(now) < 1) throw tooMany()
    account.upgrades.spend(1, now)
    return account
  }
}

function tooMany(): Refusal {
  return new Refusal(429, 'rate', 'too many upgrades: wait a little')
}

/** An address, or an identity. */
class Account {
  readonly upgrades: Ration
  readonly #frames: Ration
  readonly #floodCost: number
  readonly #changed: () => void
  count = 0

  /** `changed`: called when somebody came or left. */
  constructor({ framesPerSecond, upgradesPerSecond }: BridgeLimits, now: number, changed: () => void) {
    this.upgrades = new Ration(upgradesPerSecond, upgradesPerSecond * burstSeconds, now)
    this.#frames = crowdRation(framesPerSecond, now)
    this.#floodCost = upgradesPerSecond
    this.#changed = changed
  }

  enter(most: number, whose: string): Place {
    if (this.count >= most) throw new Refusal(429, 'connections', `too many connections ${whose}`)
    this.#add(1)
    return {
      frames: this.#frames,
      owes: now => this.upgrades.left(now) < 0,
      flooded: now => void this.upgrades.spend(this.#floodCost, now),
      leave: () => this.#add(-1),
    }
  }

  #add(count: number): void {
    this.count += count
    this.#changed()
  }
}

/** All addresses, or identities, that are known of. */
class Accounts {
  readonly #limits: BridgeLimits
  readonly #used = new Map<string, Account>()
  /** In the order of their last use. */
  readonly #unused = new Map<string, Account>()

  constructor(limits: BridgeLimits) {
    this.#limits = limits
  }

  of(key: string, now: number): Account {
    const used = this.#used.get(key)
    if (used !== undefined) return used
    const account = this.#unused.get(key) ?? new Account(this.#limits, now, () => this.#move(key, account))
    this.#remember(key, account)
    return account
  }

  #move(key: string, account: Account): void {
    if (account.count > 0) {
      this.#unused.delete(key)
      this.#used.set(key, account)
    } else {
      this.#used.delete(key)
      this.#remember(key, account)
    }
  }

  #remember(key: string, account: Account): void {
    this.#unused.delete(key)
    if (this.#unused.size >= mostRemembered) this.#unused.delete(this.#unused.keys().next().value!)
    this.#unused.set(key, account)
  }
}
