import { randomUUID } from 'node:crypto'
import type { Library } from './libraries.ts'

/** What is left of a value once everything that differs from run to run has a name in its place. */
export type Seen = null | string | number | boolean | Seen[] | { [key: string]: Seen }

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const isoTime = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g
const day = 24 * 60 * 60 * 1000

/** Numbers that chance or the clock make. */
const measured = new Set(['correlationId', 'createdAt', 'duration', 'pendingDuration', 'retryTime', 'sentAt', 'size'])
/** Their lines are the library's own. */
const left = new Set(['stack'])

/** Writes down what a library gave, so that two of them can be compared. */
export class Notation {
  readonly #library: Library
  readonly #names = new Map<string, string>()

  constructor(library: Library) {
    this.#library = library
  }

  unique(base: string): string {
    const name = `${base}-${randomUUID()}`
    this.#names.set(name, `<${base}>`)
    return name
  }

  of(value: unknown, key = '', within: readonly object[] = []): Seen {
    if (value === null || typeof value === 'boolean') return value
    if (typeof value === 'string') return key === 'producerId' && value !== '-1' ? '<id>' : this.#text(value)
    if (typeof value === 'number') return measured.has(key) ? '<number>' : this.#number(value)
    if (typeof value === 'bigint') return `${value}n`
    if (typeof value !== 'object') return `<${typeof value}>`
    if (within.includes(value)) return '<itself>'
    const inside = [...within, value]
    if (Buffer.isBuffer(value)) return { Buffer: this.#bytes(value) }
    if (value instanceof Uint8Array) return { Uint8Array: this.#bytes(value) }
    if (Array.isArray(value)) return this.#inOrder(value).map(each => this.of(each, key, inside))
    if (value instanceof Map) return { Map: this.of(Object.fromEntries(value), key, inside) }
    const fields = Object.keys(value).filter(name => !left.has(name))
    const seen: { [key: string]: Seen } = {}
    if (value instanceof Error) {
      seen['classes'] = this.#classes(value)
      for (const name of ['name', 'message', 'cause']) if (!fields.includes(name) && name in value) fields.push(name)
    }
    for (const name of fields) seen[this.#text(name)] = this.of((value as never)[name], name, inside)
    return seen
  }

  /** The library's classes that an error is of, for `instanceof` is how users look at them. */
  #classes(error: Error): string[] {
    return Object.entries(this.#library)
      .filter(([name, exported]) => name.startsWith('KafkaJS') && error instanceof (exported as typeof Error))
      .map(([name]) => name)
      .sort()
  }

  #number(value: number): Seen {
    return Math.abs(value - Date.now()) < day ? '<now>' : value
  }

  #text(text: string): string {
    for (const [name, noted] of this.#names) text = text.replaceAll(name, noted)
    if (/^\d{13}$/.test(text) && Math.abs(Number(text) - Date.now()) < day) return '<now>'
    return text.replace(uuid, '<uuid>').replace(isoTime, '<time>')
  }

  #bytes(bytes: Uint8Array): string {
    const text = Buffer.from(bytes).toString()
    return Buffer.from(text).equals(bytes) && !/\p{Cc}/u.test(text)
      ? this.#text(text)
      : this.#text(
          Buffer.from(bytes)
            .toString('latin1')
            .replace(/\p{Cc}/gu, '·'),
        )
  }

  /** Partitions, told of and sent to, come as brokers answer, in an order of theirs. */
  #inOrder(values: readonly unknown[]): readonly unknown[] {
    const partitions = values as readonly { topicName?: string; partition?: number; partitionId?: number }[]
    const areSent = partitions.every(each => typeof each?.topicName === 'string' && typeof each.partition === 'number')
    const areTold = partitions.every(each => typeof each?.partitionId === 'number')
    if (!areSent && !areTold) return values
    const topicOf = ({ topicName = '' }) => this.#text(topicName)
    const idOf = ({ partition, partitionId }: (typeof partitions)[number]) => partition ?? partitionId ?? 0
    return [...partitions].sort((a, b) => topicOf(a).localeCompare(topicOf(b)) || idOf(a) - idOf(b))
  }
}
