import type { Member } from './member.ts'

type Members = ReadonlyMap<string, Pick<Member, 'protocols'>>

/** Whether every member knows this protocol. */
export function allSpeak(members: Members, name: string): boolean {
  for (const { protocols } of members.values()) if (!protocols.some(each => each.name === name)) return false
  return true
}

/** The protocol all can speak that most prefer; null when there is none. */
export function electedProtocol(members: Members): string | null {
  const votes = new Map<string, number>()
  for (const { protocols } of members.values()) {
    const choice = protocols.find(({ name }) => allSpeak(members, name))
    if (choice !== undefined) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1)
  }
  let best: string | null = null
  for (const [name, count] of votes) if (best === null || count > votes.get(best)!) best = name
  return best
}
