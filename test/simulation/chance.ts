import { random } from '../support/random.ts'

/**
 * Chance of one thing in a world. Each thing draws from its own, named after it, so that leaving one out (as shrinking
 * does) changes nothing that the others draw.
 */
export class Chance {
  readonly #seed: number
  readonly #next: () => number

  constructor(seed: number) {
    this.#seed = seed
    this.#next = random(seed)
  }

  /** Another, which depends on the seed and the name alone. */
  of(name: string): Chance {
    let hash = this.#seed ^ 0x811c9dc5
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
    return new Chance(hash ^ (hash >>> 15))
  }

  /** From 0 up to, but not, 1. */
  readonly number = (): number => this.#next()

  between(least: number, most: number): number {
    return least + this.#next() * (most - least)
  }

  whole(least: number, most: number): number {
    return Math.floor(this.between(least, most + 1))
  }

  /** Most often small, now and then large: as waits are. */
  wait(mean: number): number {
    const share = this.#next()
    // (Engines differ in the last bits of a logarithm.)
    return 3 * share * share * mean
  }

  is(probability: number): boolean {
    return this.#next() < probability
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#next() * items.length)]!
  }

  /** Some of them, each as likely, in their order. */
  some<T>(items: readonly T[], count: number): T[] {
    const left = [...items.keys()]
    const chosen = new Set<number>()
    while (chosen.size < Math.min(count, items.length)) chosen.add(this.pick(left))
    return items.filter((_, i) => chosen.has(i))
  }
}
