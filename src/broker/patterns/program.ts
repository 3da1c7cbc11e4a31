/** Whether a character, by its code point, is one of those meant. */
export type CharTest = (point: number) => boolean

/** What must hold between two characters, where −1 stands for none. */
export type Boundary = (before: number, after: number) => boolean

/** A step of a pattern. `next` and `other` are places in the program. */
export type Step =
  | { readonly kind: 'char'; readonly test: CharTest; next: number }
  | { readonly kind: 'boundary'; readonly holds: Boundary; next: number }
  | { readonly kind: 'split'; next: number; other: number }
  | { readonly kind: 'end' }

/** What was parsed of a pattern. */
export type Node =
  | { readonly kind: 'char'; readonly test: CharTest }
  | { readonly kind: 'boundary'; readonly holds: Boundary }
  | { readonly kind: 'all'; readonly parts: readonly Node[] }
  | { readonly kind: 'any'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly part: Node; readonly least: number; readonly most: number }

/** What is wrong with a pattern. */
export class PatternError extends Error {}

// Longer ones take long for each character of a text.
const mostSteps = 10_000

/** The steps that look for a whole text to be what `node` says. */
export function programOf(node: Node): Step[] {
  const steps: Step[] = []
  const add = (step: Step): number => {
    if (steps.length >= mostSteps) throw new PatternError('the pattern is too large')
    return steps.push(step) - 1
  }
  // From the back to the front: what comes next is there already.
  const compile = (part: Node, next: number): number => {
    switch (part.kind) {
      case 'char':
        return add({ kind: 'char', test: part.test, next })
      case 'boundary':
        return add({ kind: 'boundary', holds: part.holds, next })
      case 'all':
        return part.parts.reduceRight((after, each) => compile(each, after), next)
      case 'any':
        return part.parts
          .map(each => compile(each, next))
          .reduceRight((other, first) => add({ kind: 'split', next: first, other }))
      default:
        return repeat(part, next)
    }
  }
  const repeat = ({ part, least, most }: Extract<Node, { kind: 'repeat' }>, next: number): number => {
    let at = next
    if (most === Number.POSITIVE_INFINITY) {
      const loop: Extract<Step, { kind: 'split' }> = { kind: 'split', next: -1, other: next }
      at = add(loop)
      loop.next = compile(part, at)
    } else
      for (let times = least; times < most; times++) at = add({ kind: 'split', next: compile(part, at), other: next })
    for (let times = 0; times < least; times++) at = compile(part, at)
    return at
  }
  const first = compile(node, add({ kind: 'end' }))
  steps.push({ kind: 'split', next: first, other: first })
  return steps
}
