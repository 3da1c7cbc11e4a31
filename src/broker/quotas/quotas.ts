/** Whose a quota is: a name, or null for all who have none of their own, by kind of entity. */
export type Entity = ReadonlyMap<string, string | null>

interface Quota {
  readonly entity: Entity
  readonly values: Map<string, number>
}

function keyOf(entity: Entity): string {
  return JSON.stringify([...entity].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Clients' quotas (KIP-546): kept and told, no more. Who writes and reads is not held back by them. */
export class Quotas {
  readonly #all = new Map<string, Quota>()

  get count(): number {
    return this.#all.size
  }

  get all(): Iterable<Quota> {
    return this.#all.values()
  }

  has(entity: Entity): boolean {
    return this.#all.has(keyOf(entity))
  }

  /** null takes a value away. */
  set(entity: Entity, changes: ReadonlyMap<string, number | null>): void {
    const key = keyOf(entity)
    const { values } = this.#all.get(key) ?? { values: new Map<string, number>() }
    for (const [name, value] of changes) {
      if (value === null) values.delete(name)
      else values.set(name, value)
    }
    if (values.size > 0) this.#all.set(key, { entity, values })
    else this.#all.delete(key)
  }
}
