import type { GroupMember } from './group-balancer.ts'
import type { TopicShares } from './topic-shares.ts'

/** Whether racks matter: some members run where replicas are, and not all partitions have one everywhere. */
export function needsRacks(members: readonly GroupMember[], shares: readonly TopicShares[]): boolean {
  return members.some(({ rack }) => rack != null) && shares.some(hasChoice)
}

function hasChoice({ readers, racks }: TopicShares): boolean {
  const all = new Set([...racks.values()].flatMap(each => [...each]))
  if (!readers.some(({ rack }) => rack != null && all.has(rack))) return false
  return [...racks.values()].some(({ size }) => size < all.size)
}

/** Gives members what is near them, of topics that are read and divided alike together. */
export function matchRacks(shares: readonly TopicShares[]): void {
  const alike = new Map<string, TopicShares[]>()
  for (const share of shares) {
    const name = JSON.stringify([share.count, ...share.readers.map(({ id }) => id)])
    const others = alike.get(name)
    if (others === undefined) alike.set(name, [share])
    else others.push(share)
  }
  for (const together of alike.values()) {
    if (together.length > 1) matchTogether(together)
    else if (hasChoice(together[0]!)) matchAlone(together[0]!)
  }
}

function matchAlone(share: TopicShares): void {
  for (const member of share.readers) {
    const near = share.left.filter(id => share.isNear(member, id))
    share.give(member, near.slice(0, share.most(member)))
  }
}

/** The partitions of the same id go to the same member, where that is near all of them. */
function matchTogether(shares: readonly TopicShares[]): void {
  let { readers } = shares[0]!
  for (let id = 0; id < shares[0]!.count && readers.length > 0; id++) {
    const member = readers.find(each => shares.every(share => share.most(each) > 0 && share.isNear(each, id)))
    if (member === undefined) continue
    for (const share of shares) share.give(member, [id])
    if (shares.every(share => share.most(member) === 0)) readers = readers.filter(each => each !== member)
  }
}
