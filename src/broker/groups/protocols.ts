import type { Member } from './member.ts'

type Speaker = Pick<Member, 'protocols'>

/** Which protocols members know. */
export class Protocols {
  readonly #speakers = new Map<string, number>()
  #members = 0

  add({ protocols }: Speaker): void {
    this.#members++
    for (const name of namesOf(protocols)) this.#speakers.set(name, (this.#speakers.get(name) ?? 0) + 1)
  }

  delete({ protocols }: Speaker): void {
    this.#members--
    for (const name of namesOf(protocols)) {
      const left = this.#speakers.get(name)! - 1
      if (left > 0) this.#speakers.set(name, left)
      else this.#speakers.delete(name)
    }
  }

  /** Whether every member knows this protocol. */
  allSpeak(name: string): boolean {
    return (this.#speakers.get(name) ?? 0) === this.#members
  }

  /** The protocol all can speak that most prefer; null when there is none. */
  elected(members: Iterable<Speaker>): string | null {
    const votes = new Map<string, number>()
    for (const { protocols } of members) {
      const choice = protocols.find(({ name }) => this.allSpeak(name))
      if (choice !== undefined) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1)
    }
    let best: string | null = null
    for (const [name, count] of votes) if (best === null || count > votes.get(best)!) best = name
    return best
  }
}

function namesOf(protocols: Speaker['protocols']): Set<string> {
  return new Set(protocols.map(({ name }) => name))
}
