import type { Client, Transport } from '../../src/index.ts'
import { Writer } from '../../src/index.ts'
import { pause } from '../../test/support/waiting.ts'

/** Who reads what: by the values, which name their partition. */
export class Observer {
  /** Who read a value last. */
  readonly readers = new Map<string, string>()
  readonly faults: string[] = []
  twice = 0
  /** The longest that a message of a partition waited which stayed where it was. */
  longest = 0
  /** When each was written. */
  readonly writtenAt: Map<string, number>
  /** Partitions of each of our members, by its number. */
  readonly held = new Map<number, Set<number>>()
  readonly #last = new Map<string, { readonly reader: string; readonly at: number }>()

  constructor(writtenAt = new Map<string, number>()) {
    this.writtenAt = writtenAt
  }

  read(reader: string, value: string): void {
    if (this.readers.has(value)) this.twice++
    this.readers.set(value, reader)
    const partition = value.split(':')[0]!
    const at = performance.now()
    const before = this.#last.get(partition)
    if (before?.reader === reader)
      this.longest = Math.max(this.longest, at - Math.max(before.at, this.writtenAt.get(value) ?? at))
    this.#last.set(partition, { reader, at })
  }

  /**
   * Those of these that nobody read. kcat, told to end, may have taken one that it prints no more, and commits it: what
   * follows the last one that a kcat printed is left out.
   */
  missing(written: readonly string[]): string[] {
    return written.filter(value => {
      const [partition, number] = value.split(':')
      return !this.readers.has(value) && !this.readers.get(`${partition}:${Number(number) - 1}`)?.startsWith('kcat')
    })
  }

  gained(member: number, gained: readonly number[]): void {
    const own = this.held.get(member) ?? new Set<number>()
    this.held.set(member, own)
    for (const partition of gained) {
      for (const [other, theirs] of this.held)
        if (theirs.has(partition)) this.faults.push(`${partition} given to ${member} while ${other} has it`)
      own.add(partition)
    }
  }

  gone(member: number, gone: readonly number[]): void {
    for (const partition of gone) this.held.get(member)?.delete(partition)
  }
}

/** Writes to each partition every `interval` milliseconds, until it is stopped. */
export function write(
  { brokers, topic, transport }: { brokers: readonly string[]; topic: string; transport: Transport },
  { partitions, interval }: { partitions: number; interval: number },
  writtenAt: Map<string, number>,
): { written: string[]; stop(): Promise<void> } {
  const written: string[] = []
  let stopping = false
  const writer = new Writer({
    addr: brokers,
    topic,
    transport,
    balancer: ({ value }) => Number(String(value).split(':')[0]),
  })
  const writing = (async () => {
    for (let n = 0; !stopping; n++) {
      const values = Array.from({ length: partitions }, (_, partition) => `${partition}:${n}`)
      await writer.writeMessages(values.map(value => ({ value })))
      written.push(...values)
      for (const value of values) writtenAt.set(value, performance.now())
      await pause(interval)
    }
  })()
  return {
    written,
    async stop() {
      stopping = true
      await writing
      await writer.close()
    },
  }
}

/**
 * Looks what the group has committed, again and again, until it is stopped: of each partition where that went back, and
 * never more than once for each step back.
 */
export function watchCommits(
  client: Client,
  topic: string,
  partitions: number,
): { rewinds: string[]; stop(): Promise<void> } {
  const rewinds: string[] = []
  const last = Array.from({ length: partitions }, () => -1)
  let stopping = false
  const watching = (async () => {
    while (!stopping) {
      const { topics } = await client.offsetFetch({ groupId: topic, topics: { [topic]: [...last.keys()] } })
      for (const { partition, committedOffset } of topics[topic] ?? []) {
        if (committedOffset < last[partition]!)
          rewinds.push(`${partition}: ${committedOffset} after ${last[partition]}`)
        last[partition] = committedOffset
      }
      await pause(100)
    }
  })()
  return {
    rewinds,
    async stop() {
      stopping = true
      await watching
    },
  }
}
