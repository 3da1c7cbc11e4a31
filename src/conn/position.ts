import { ConfigError } from '../base/errors.ts'
import { shown } from '../base/settings.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import { FirstOffset, LastOffset } from '../protocol/offsets.ts'
import { SeekAbsolute, SeekCurrent, SeekDontCheck, SeekEnd, SeekStart } from './seek.ts'

/** The first and the last offset of a partition: those of its first message and behind its last. */
export interface Bounds {
  first: number
  last: number
}

type AskBounds = () => Promise<Bounds>

const ways = [SeekStart, SeekAbsolute, SeekEnd, SeekCurrent]

/** Where a Conn reads. */
export class ConnPosition {
  /** FirstOffset and LastOffset until it is asked where they are. */
  #offset = FirstOffset
  /** Counts the seeks: what was asked for before one has no say in where reading goes on. */
  era = 0
  readonly #name: string

  constructor(name: string) {
    this.#name = name
  }

  /** As `seek` takes it. */
  get place(): { offset: number; whence: number } {
    if (this.#offset === FirstOffset) return { offset: 0, whence: SeekStart }
    if (this.#offset === LastOffset) return { offset: 0, whence: SeekEnd }
    return { offset: this.#offset, whence: SeekAbsolute }
  }

  /** Reading goes on here, unless a seek came between. */
  advance(offset: number, era: number): void {
    if (era === this.era) this.#offset = offset
  }

  async seek(offset: number, whence: number, bounds: AskBounds): Promise<number> {
    const way = whence & ~SeekDontCheck
    if (!Number.isInteger(whence) || !ways.includes(way))
      throw new ConfigError(`whence is SeekStart, SeekAbsolute, SeekEnd or SeekCurrent, not ${shown(whence)}`)
    if (!Number.isSafeInteger(offset)) throw new ConfigError(`an offset is a whole number, not ${shown(offset)}`)
    const unchecked = whence !== way && (way === SeekAbsolute || way === SeekCurrent)
    const here = this.#offset
    if (way === SeekAbsolute && (unchecked || offset === here)) return this.#move(offset)
    if (way === SeekCurrent && unchecked && here >= 0) return this.#move(here + offset)
    const { first, last } = await bounds()
    const to = { [SeekStart]: first + offset, [SeekEnd]: last - offset, [SeekAbsolute]: offset }[way]
    const moved = to ?? this.#among(here, { first, last }) + offset
    if (!unchecked && (moved < first || moved > last)) throw this.#outOfRange(`${first} to ${last}, not ${moved}`)
    return this.#move(moved)
  }

  /** Where it is, in offsets. */
  async resolve(bounds: AskBounds): Promise<number> {
    const era = this.era
    const here = this.#offset
    if (here >= 0) return here
    if (here < FirstOffset) throw this.#outOfRange(`no offset ${here}`)
    const found = this.#among(here, await bounds())
    this.advance(found, era)
    return found
  }

  /** An offset, or what stands for one, as an offset. */
  #among(offset: number, { first, last }: Bounds): number {
    return offset === FirstOffset ? first : offset === LastOffset ? last : offset
  }

  #outOfRange(has: string): KafkaError {
    return new KafkaError(ErrorCode.OffsetOutOfRange, `${this.#name} has ${has}`)
  }

  #move(offset: number): number {
    this.era++
    this.#offset = offset
    return offset
  }
}
