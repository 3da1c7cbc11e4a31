// In a page: a writer and readers at work, and books of what they did.
import { natives, websocket } from '../../../adapters/websocket/index.ts'
import { Reader, Transport, Writer } from '../../../src/index.ts'
import { onPage } from './on-page.ts'

export interface Work {
  readonly brokers: readonly string[]
  readonly bridge: string
  /** Of one partition. */
  readonly topic: string
  /** Precedes the number in each message. */
  readonly name: string
  /** Follows the number; default none. */
  readonly filler?: number
  /** Messages to write; without, until told to stop. */
  readonly count?: number
  /** Between two messages, in milliseconds; 0: `count` messages in one call. Default 20. */
  readonly pauseMs?: number
  /** Reads as a member of this group, too. */
  readonly groupId?: string
}

/** What came of it so far. */
export interface Books {
  readonly attempted: number
  readonly acknowledged: number
  /**
   * Values that the reader of the partition, and the member of the group, were handed, in order; both without filler.
   */
  readonly read: readonly string[]
  readonly readInGroup: readonly string[]
  /** What writes and loops ended with, and how many did. */
  readonly ended: Readonly<Record<string, number>>
}

const books = {
  attempted: 0,
  acknowledged: 0,
  read: [] as string[],
  readInGroup: [] as string[],
  ended: {} as Record<string, number>,
}
const underWay = new Set<Promise<void>>()
let transport: Transport
let writer: Writer
let readers: Reader[]
let stopped = false
let closing = false

onPage({
  async start({
    brokers,
    bridge,
    topic,
    name,
    filler = 0,
    count = Number.POSITIVE_INFINITY,
    pauseMs = 20,
    groupId,
  }: Work) {
    const adapter = websocket({ url: bridge, token: async () => (await fetch('/token')).text() })
    transport = new Transport({ adapter, natives })
    writer = new Writer({ addr: brokers, topic, transport })
    readers = [new Reader({ brokers, topic, partition: 0, transport })]
    void follow(readers[0]!, books.read)
    if (groupId !== undefined) {
      readers.push(
        new Reader({
          brokers,
          topic,
          groupId,
          transport,
          autoCommit: true,
          sessionTimeout: 6_000,
          heartbeatInterval: 1_000,
        }),
      )
      void follow(readers[1]!, books.readInGroup)
    }
    void write(name, ' '.repeat(filler), count, pauseMs)
  },
  async books() {
    return books
  },
  /** Until all that was given to the writer is settled. */
  async stop() {
    stopped = true
    await Promise.all(underWay)
  },
  async close() {
    closing = true
    await Promise.all([writer.close(), ...readers.map(reader => reader.close())])
    await transport.close()
  },
})

async function write(name: string, filler: string, count: number, pauseMs: number): Promise<void> {
  while (!stopped && books.attempted < count) {
    const from = books.attempted
    books.attempted = pauseMs === 0 ? count : from + 1
    const messages = Array.from({ length: books.attempted - from }, (_, index) => ({
      value: `${name}:${from + index} ${filler}`,
    }))
    const written = writer.writeMessages(messages).then(
      () => {
        books.acknowledged += messages.length
      },
      error => ended(`a write: ${error}`),
    )
    underWay.add(written)
    void written.then(() => underWay.delete(written))
    await new Promise(resolve => setTimeout(resolve, pauseMs))
  }
}

async function follow(reader: Reader, into: string[]): Promise<void> {
  try {
    for await (const message of reader) into.push(message.text().trimEnd())
    if (!closing) ended('a reader')
  } catch (error) {
    ended(`a reader: ${error}`)
  }
}

function ended(what: string): void {
  books.ended[what] = (books.ended[what] ?? 0) + 1
}
