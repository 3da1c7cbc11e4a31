// What else buys a frame: so many bytes, which are work done; an answer of the broker's buys so many, for its request
// may have come in as many.
const bytesAFrame = 512
const framesAnAnswer = 4
// No request begins with fewer bytes. Those who send less cost a write for next to nothing.
const tinyBytes = 12
const tinyCost = 4
/** More may come at once than in a second, so many times. */
const burst = 4

/**
 * Whether a client sends more frames than anybody who means to speak Kafka. A frame costs the bridge the same whatever
 * is in it, and so tiny ones without end would take all its time from the others.
 */
export class FloodMeter {
  readonly #perSecond: number
  #left: number
  #at: number

  /** `perSecond`: frames that need no excuse. `now`: of the clock's `monotonic`. */
  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond
    this.#left = perSecond * burst
    this.#at = now
  }

  /** A frame came. False: it is one too many. */
  frame(bytes: number, now: number): boolean {
    this.#add(((now - this.#at) / 1000) * this.#perSecond + bytes / bytesAFrame - (bytes < tinyBytes ? tinyCost : 1))
    this.#at = now
    return this.#left >= 0
  }

  /** So many requests of the client's were answered. */
  answered(count: number): void {
    this.#add(count * framesAnAnswer)
  }

  #add(frames: number): void {
    this.#left = Math.min(this.#left + frames, this.#perSecond * burst)
  }
}
