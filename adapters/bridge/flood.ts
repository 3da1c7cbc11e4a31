import { Ration } from './ration.ts'

// What else buys a frame: so many bytes, which are work done; an answer of the broker's buys so many, for its request
// may have come in as many.
const bytesAFrame = 512
const framesAnAnswer = 4
// No request begins with fewer bytes. Those who send less cost a write for next to nothing.
const tinyBytes = 12
const tinyCost = 4
/** What was not used of a second may be saved, up to so many seconds' worth. */
const burst = 4
/** So many clients' worth have those together who share an address or an identity. */
const crowdShare = 10
/** Where that is used up, frames cost so many times as much. */
const crowdedCost = 4

/** The frames of all who have something in common. */
export function crowdRation(perSecond: number, now: number): Ration {
  return new Ration(perSecond * crowdShare, perSecond * crowdShare * burst, now)
}

/**
 * Whether a client sends more frames than anybody who means to speak Kafka. A frame costs the bridge the same whatever
 * is in it, and so tiny ones without end would take all its time from the others. Who speaks Kafka pays for its frames
 * by what is in them, and is none the worse for a crowd that doesn't.
 */
export class FloodMeter {
  readonly #own: Ration
  readonly #crowds: readonly Ration[]

  /** `perSecond`: frames that need no excuse. `now`: of the clock's `monotonic`. */
  constructor(perSecond: number, now: number, crowds: readonly Ration[] = []) {
    this.#own = new Ration(perSecond, perSecond * burst, now, perSecond)
    this.#crowds = crowds
  }

  /** A frame came. False: it is one too many. */
  frame(bytes: number, now: number): boolean {
    const cost = bytes < tinyBytes ? tinyCost : 1
    const paid = bytes / bytesAFrame
    let crowded = false
    for (const crowd of this.#crowds) if (crowd.spend(cost - paid, now) < 0) crowded = true
    return this.#own.spend((crowded ? cost * crowdedCost : cost) - paid, now) >= 0
  }

  /** So many requests of the client's were answered. */
  answered(count: number): void {
    const earned = count * framesAnAnswer
    this.#own.earn(earned)
    for (const crowd of this.#crowds) crowd.earn(earned)
  }
}
