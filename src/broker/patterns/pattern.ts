import type { Turns } from '../turns.ts'
import { parsePattern } from './parse.ts'
import { PatternError, programOf, type Step } from './program.ts'

export { PatternError }

// Of one text, and of all that one pattern is held against: some 40 and 400 ms.
const mostStepsPerText = 1_000_000
const mostSteps = 10_000_000

/** Steps of a pattern that take as long as a unit of a turn. */
export const stepsPerUnit = 100

// Characters; longer patterns take long to be read.
const longest = 20_000

/**
 * A regular expression in RE2's syntax, as Kafka takes them. Matching follows all ways at once, and so takes time that
 * grows with the text and the pattern, never with the number of ways; a PatternError for what is no pattern, or takes
 * too long all the same.
 */
export class Pattern {
  readonly #program: readonly Step[]
  /** Steps made and taken so far. */
  steps: number
  // The steps that are to be looked at for the character at hand, each once; and when each was last put there.
  #now: number[] = []
  #then: number[] = []
  readonly #seen: Int32Array
  #round = 0

  constructor(text: string) {
    if (text.length > longest) throw new PatternError('the pattern is too long')
    this.#program = programOf(parsePattern(text))
    this.#seen = new Int32Array(this.#program.length)
    this.steps = this.#program.length
  }

  /** Whether the whole text is what the pattern says. */
  matches(text: string): boolean {
    const points = Array.from(text, each => each.codePointAt(0)!)
    const limit = Math.min(this.steps + mostStepsPerText, mostSteps)
    this.#now.length = 0
    this.#begin()
    this.#follow(this.#now, this.#program.length - 1, -1, points[0] ?? -1)
    let ended = false
    for (let at = 0; at <= points.length; at++) {
      const point = points[at] ?? -1
      this.#begin()
      this.#then.length = 0
      for (const place of this.#now) {
        const step = this.#program[place]!
        if (step.kind === 'end') ended = at === points.length
        else if (step.kind === 'char' && point >= 0 && step.test(point))
          this.#follow(this.#then, step.next, point, points[at + 1] ?? -1)
      }
      if (this.steps > limit) throw new PatternError('the pattern takes too long')
      ;[this.#now, this.#then] = [this.#then, this.#now]
    }
    return ended
  }

  #begin(): void {
    this.#round++
  }

  /** Puts down a step, or those it leads to without a character. */
  #follow(list: number[], from: number, before: number, after: number): void {
    const open = [from]
    while (open.length > 0) {
      const place = open.pop()!
      this.steps++
      if (this.#seen[place] === this.#round) continue
      this.#seen[place] = this.#round
      const step = this.#program[place]!
      if (step.kind === 'split') open.push(step.other, step.next)
      else if (step.kind === 'boundary') {
        if (step.holds(before, after)) open.push(step.next)
      } else list.push(place)
    }
  }
}

/** Why that is no pattern; undefined when it is one. What it took to find out is counted. */
export function wrongPattern(text: string, turns: Turns): string | undefined {
  try {
    turns.spend(new Pattern(text).steps / stepsPerUnit)
    return undefined
  } catch (error) {
    if (error instanceof PatternError) return error.message
    throw error
  }
}
