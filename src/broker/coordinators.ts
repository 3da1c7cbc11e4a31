import type { Node } from './node.ts'

export type CoordinatorKind = 'group' | 'transaction' | 'share'

/**
 * Which broker coordinates which group and transactional id: by a hash of the key, the next one when that does not run,
 * unless it was moved.
 */
export class Coordinators {
  readonly #nodes: ReadonlyMap<number, Node>
  readonly #moved = new Map<string, number>()
  /** Keys are dealt to the brokers of the start: adding one moves nothing. */
  readonly #dealt: number
  /** To be called when keys may have moved: those who wait at the old coordinator are told. */
  readonly changed: () => void

  constructor(nodes: ReadonlyMap<number, Node>, changed: () => void) {
    this.#nodes = nodes
    this.#dealt = nodes.size
    this.changed = changed
  }

  /** The broker's id; −1 when none runs. */
  of(kind: CoordinatorKind, key: string): number {
    const nodes = this.#nodes
    const first = this.#moved.get(`${kind} ${key}`) ?? 1 + (hash(key) % this.#dealt)
    for (let i = 0; i < nodes.size; i++) {
      const id = 1 + ((first - 1 + i) % nodes.size)
      if (nodes.get(id)!.running) return id
    }
    return -1
  }

  move(kind: CoordinatorKind, key: string, brokerId: number): void {
    this.#moved.set(`${kind} ${key}`, brokerId)
    this.changed()
  }
}

/** Java's String.hashCode, made positive. */
function hash(key: string): number {
  let sum = 0
  for (let i = 0; i < key.length; i++) sum = (Math.imul(31, sum) + key.charCodeAt(i)) | 0
  return sum & 0x7fffffff
}
