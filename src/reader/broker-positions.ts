import type { TopicLayout } from '../transport/layout.ts'
import type { Position } from './position.ts'

interface OfTopic {
  /** When they were last looked at. */
  layout: TopicLayout | undefined
  readonly positions: Set<Position>
}

/**
 * The positions that are fetched from one broker, and those of which something changed since the last request. What did
 * not change costs a fetch nothing.
 */
export class BrokerPositions implements Iterable<Position> {
  readonly #topics = new Map<string, OfTopic>()
  readonly #changed = new Set<Position>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Those that were added, removed or touched since `settle`. */
  get changed(): ReadonlySet<Position> {
    return this.#changed
  }

  has(position: Position): boolean {
    return this.#topics.get(position.topic)?.positions.has(position) === true
  }

  add(position: Position): void {
    if (this.has(position)) return
    const own = this.#topics.get(position.topic)
    if (own === undefined) this.#topics.set(position.topic, { layout: undefined, positions: new Set([position]) })
    else own.positions.add(position)
    this.#size++
    this.#changed.add(position)
  }

  remove(position: Position): void {
    const own = this.#topics.get(position.topic)
    if (own === undefined || !own.positions.delete(position)) return
    if (own.positions.size === 0) this.#topics.delete(position.topic)
    this.#size--
    this.#changed.add(position)
  }

  /** Something of it may be other than it was. */
  touch(position: Position): void {
    if (this.has(position)) this.#changed.add(position)
  }

  touchAll(): void {
    for (const position of this) this.#changed.add(position)
  }

  /** What changed was told. */
  settle(): void {
    this.#changed.clear()
  }

  /** Those that are to be fetched elsewhere by now; only topics of which there is news are looked at, unless `all` are. */
  astray(
    layoutOf: (topic: string) => TopicLayout | undefined,
    isHere: (position: Position, layout: TopicLayout | undefined) => boolean,
    all: boolean,
  ): Position[] {
    const astray: Position[] = []
    for (const [topic, own] of this.#topics) {
      const layout = layoutOf(topic)
      if (layout === own.layout && !all) continue
      own.layout = layout
      for (const position of own.positions) {
        if (isHere(position, layout)) this.#changed.add(position)
        else astray.push(position)
      }
    }
    return astray
  }

  *[Symbol.iterator](): Iterator<Position> {
    for (const { positions } of this.#topics.values()) yield* positions
  }
}
