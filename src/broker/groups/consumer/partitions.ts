/** Partitions by topic id, each with the member epoch at which its member was given it (KIP-1251). */
export type Assigned = ReadonlyMap<string, ReadonlyMap<number, number>>

/** Partitions by topic id that a member is to have. */
export type Target = ReadonlyMap<string, ReadonlySet<number>>

/** Partitions as a request names them. */
export type Named = readonly { readonly topicId: string; readonly partitions: readonly number[] }[]

export const nothing: Assigned & Target = new Map<string, never>()

/** Whether some of what is named is among them. */
export function hasSome(named: Named, among: Assigned): boolean {
  return named.some(({ topicId, partitions }) => {
    const there = among.get(topicId)
    return there !== undefined && partitions.some(partition => there.has(partition))
  })
}

/** Whether all that is named is among them. */
export function hasAll(named: Named, among: Assigned): boolean {
  return named.every(({ topicId, partitions }) => {
    const there = among.get(topicId)
    return there !== undefined && partitions.every(partition => there.has(partition))
  })
}

/** All of both. */
export function together(a: Assigned, b: Assigned): Assigned {
  if (b.size === 0) return a
  const all = new Map(a)
  for (const [topicId, partitions] of b) all.set(topicId, new Map([...(a.get(topicId) ?? []), ...partitions]))
  return all
}

/** Whether both are the same partitions. */
export function sameAssigned(a: Assigned, b: Assigned): boolean {
  return sizeOf(a) === sizeOf(b) && hasAll(toNamed(b), a)
}

function sizeOf(partitions: Assigned): number {
  let size = 0
  for (const each of partitions.values()) size += each.size
  return size
}

/** The same ones, as if all had been given at one epoch. */
export function since(epoch: number, partitions: Assigned): Assigned {
  return new Map(
    [...partitions].map(([topicId, each]) => [topicId, new Map([...each.keys()].map(partition => [partition, epoch]))]),
  )
}

/** As an answer names them. */
export function toNamed(partitions: Assigned | Target): { topicId: string; partitions: number[] }[] {
  return [...partitions].map(([topicId, each]) => ({ topicId, partitions: [...each.keys()] }))
}

/** The partitions of a group that some member has, or has not let go of yet. */
export class Owned {
  /** Of a topic that one member alone has, what that has: with many topics, that is most. */
  readonly #topics = new Map<string, ReadonlyMap<number, number> | Set<number>>()

  has(topicId: string, partition: number): boolean {
    return this.#topics.get(topicId)?.has(partition) === true
  }

  add(partitions: Assigned): void {
    for (const [topicId, each] of partitions) {
      const owned = this.#topics.get(topicId)
      if (owned === undefined) {
        this.#topics.set(topicId, each)
        continue
      }
      const set = owned instanceof Set ? owned : new Set(owned.keys())
      for (const partition of each.keys()) set.add(partition)
      this.#topics.set(topicId, set)
    }
  }

  /** Takes back what was added. */
  delete(partitions: Assigned): void {
    for (const [topicId, each] of partitions) {
      const owned = this.#topics.get(topicId)
      if (owned instanceof Set) for (const partition of each.keys()) owned.delete(partition)
      if (owned === each || owned?.size === 0) this.#topics.delete(topicId)
    }
  }
}
