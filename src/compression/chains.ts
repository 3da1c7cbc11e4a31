import { viewOf } from './copy.ts'
import { hashOf, leastMatch, matchEnd } from './match.ts'

const hashBits = 15

/**
 * Every place where four bytes occurred before, the last first: for those who ask for a level, and would rather have
 * small output than little work. Four bytes of memory for each of input.
 */
export class Chains {
  /** What `next` found: so many bytes, that also are so far before. */
  length = 0
  distance = 0
  /** A distance that costs next to nothing to say; 0 if there is none. */
  cheap = 0
  private readonly view: DataView
  private readonly least: number
  private readonly farthest: number
  /** How many places are tried. */
  private readonly depth: number
  // Places plus one; 0 is none.
  private readonly last = new Int32Array(1 << hashBits)
  private readonly before: Int32Array
  private entered = 0

  constructor(bytes: Uint8Array, least: number, farthest: number, depth: number) {
    this.view = viewOf(bytes)
    this.least = least
    this.farthest = farthest
    this.depth = depth
    this.before = new Int32Array(bytes.length)
  }

  /**
   * Where the next match worth taking begins, from `at` on and before `stop`; `stop` if there is none. It lies in the
   * bytes from `begin` to
   * `end`.
   */
  next(at: number, stop: number, begin: number, end: number): number {
    for (; at < stop; at++) {
      let length = this.find(at, begin, end)
      if (length === 0) continue
      // One that begins a byte later may be longer, by more than that byte costs.
      for (; at + 1 < stop; at++) {
        const { distance } = this
        const later = this.find(at + 1, begin, end)
        if (later <= length + 1) {
          this.distance = distance
          break
        }
        length = later
      }
      this.length = length
      return at
    }
    return stop
  }

  /** The length of the match at `at` most worth having, whose distance it leaves behind; 0 for none. */
  private find(at: number, begin: number, end: number): number {
    const { view, before, cheap } = this
    let place = this.enter(at)
    let best = this.least - 1
    let found = 0
    if (cheap > 0 && at - cheap >= begin) {
      const length = matchEnd(view, at, cheap, end) - at
      if (length >= leastMatch) {
        this.distance = cheap
        found = length
        // What another distance takes is two bytes or so.
        best = Math.max(best, length + 2)
      }
    }
    const nearest = Math.max(begin, at - this.farthest)
    for (let left = this.depth; place >= nearest && left > 0 && at + best < end; left--) {
      // What is longer has the byte behind the best one, too.
      if (view.getUint8(place + best) === view.getUint8(at + best)) {
        const length = matchEnd(view, at, at - place, end) - at
        if (length > best) {
          found = best = length
          this.distance = at - place
        }
      }
      place = before[place]! - 1
    }
    return found
  }

  /** Enters all places up to `at`, and answers the last one with the same hash before it; -1 for none. */
  private enter(at: number): number {
    const { view, last, before } = this
    for (; this.entered <= at; this.entered++) {
      const slot = hashOf(view.getInt32(this.entered, true), hashBits)
      before[this.entered] = last[slot]!
      last[slot] = this.entered + 1
    }
    return before[at]! - 1
  }
}
