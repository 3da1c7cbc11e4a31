import {
  type AddressLike,
  Client,
  Hash,
  TimeoutError,
  Transport,
  type TransportConfig,
  Writer,
} from '../../../src/index.ts'
import { Ledger, type Order } from './ledger.ts'
import { Member } from './member.ts'
import { News } from './news.ts'

export interface DemoOptions {
  brokers: AddressLike
  /** How to reach them, where the runtime's own sockets won't do. */
  transport?: TransportConfig
  print(line: string): void
  /** Ends it early, with the signal's reason; what it made is cleaned up. */
  signal?: AbortSignal
  customers?: number
  ordersEach?: number
}

const partitions = 6
/** Messages given to the writer at once, and how many such calls may wait for their acknowledgement. */
const callSize = 1000
const callsWaiting = 32
/** With no news for so long the demo gives up waiting, and the check says what is missing. */
const patienceMs = 30_000

/**
 * Writes keyed orders, reads them with a group of two of which one leaves midway, checks what came. Answers whether all
 * was right.
 */
export async function demo(options: DemoOptions): Promise<boolean> {
  const { brokers, print, signal, customers = 1000, ordersEach = 200 } = options
  // What goes wrong is told in one line, at the end.
  const transport: TransportConfig = { logger: null, ...options.transport }
  const unique = `isokafka-demo-${Date.now().toString(36)}`
  const shared = new Transport(transport)
  // Whether there is a Kafka at all shows sooner than a call gives up by default.
  const client = new Client({ addr: brokers, transport: shared, timeout: 5000 })
  let created = false
  try {
    await client.metadata({ topics: [] }, { signal })
    created = true
    await createTopic(new Client({ addr: brokers, transport: shared }), unique, signal)
    print(`Topic ${unique} has ${partitions} partitions.`)
    const ledger = new Ledger(customers, ordersEach)
    const members = ['anna', 'ben'].map(
      name => new Member(name, { brokers, groupId: unique, topic: unique, transport }),
    )
    const news = new News(patienceMs, signal)
    for (const member of members) member.start(ledger, news)
    try {
      const complete = await news.until(() => members.every(member => member.partitions > 0))
      if (!complete) throw new TimeoutError(`the group of two did not get together in ${patienceMs / 1000} s`)
      print(
        `Group ${unique}: ${members.map(({ name, partitions }) => `${name} reads ${partitions} partitions`).join(', ')}.`,
      )
      const writing = write(brokers, unique, shared, { customers, ordersEach }, print, signal)
      writing.catch(error => news.fail(error))
      await Promise.all([writing, read(ledger, members, news, print)])
    } finally {
      await Promise.all(members.map(member => member.leave()))
    }
    return report(ledger, members, print)
  } finally {
    if (created) await client.deleteTopics({ topics: [unique] }).catch(() => {})
    await shared.close()
  }
}

async function createTopic(client: Client, topic: string, signal: AbortSignal | undefined): Promise<void> {
  // -1: as many replicas as the cluster gives by default.
  const { errors } = await client.createTopics(
    { topics: [{ topic, numPartitions: partitions, replicationFactor: -1 }] },
    { signal },
  )
  const error = errors[topic]
  if (error) throw error
}

async function write(
  brokers: AddressLike,
  topic: string,
  transport: Transport,
  { customers, ordersEach }: { customers: number; ordersEach: number },
  print: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const writer = new Writer({ addr: brokers, topic, transport, balancer: new Hash() })
  const total = customers * ordersEach
  const began = performance.now()
  const waiting: Promise<void>[] = []
  let call: { key: string; value: string }[] = []
  let written = 0
  const send = (): void => {
    const writing = writer.writeMessages(call, { signal })
    // When one fails, nobody waits for those behind it.
    writing.catch(() => {})
    waiting.push(writing)
    call = []
  }
  const settle = async (): Promise<void> => {
    await waiting.shift()
    written = Math.min(total, written + callSize)
    if (written % (total / 4) === 0) print(`Written ${count(written)} of ${count(total)} orders.`)
  }
  try {
    for (let number = 0; number < ordersEach; number++) {
      for (let customer = 0; customer < customers; customer++) {
        call.push({ key: `customer-${customer}`, value: JSON.stringify({ customer, number } satisfies Order) })
        if (call.length < callSize) continue
        send()
        if (waiting.length >= callsWaiting) await settle()
      }
    }
    if (call.length > 0) send()
    while (waiting.length > 0) await settle()
    print(`All ${count(total)} are acknowledged: ${rate(total, began)}.`)
  } finally {
    await writer.close({ signal })
  }
}

async function read(
  ledger: Ledger,
  members: readonly Member[],
  news: News,
  print: (line: string) => void,
): Promise<void> {
  const began = performance.now()
  let shown = 0
  const show = (): void => {
    const quarters = Math.floor((4 * ledger.distinct) / ledger.total)
    if (quarters > shown) print(`Read ${count(ledger.distinct)} of ${count(ledger.total)} orders.`)
    shown = quarters
  }
  const [first] = members
  await news.until(() => {
    show()
    return ledger.distinct >= ledger.total / 2
  })
  await first!.leave()
  print(`${first!.name} left after ${count(first!.orders)} orders; the other goes on with all partitions.`)
  await news.until(() => {
    show()
    return ledger.distinct >= ledger.total
  })
  print(`All are read: ${rate(ledger.total, began)}, the group's change included.`)
}

function report(ledger: Ledger, members: readonly Member[], print: (line: string) => void): boolean {
  const problems = ledger.problems()
  const shares = members.map(({ name, orders }) => `${name} ${count(orders)}`).join(', ')
  if (problems.length === 0)
    print(`Checked: ${count(ledger.total)} orders came once each, in order for every customer (${shares}).`)
  for (const problem of problems) print(`WRONG: ${problem} (${shares}).`)
  return problems.length === 0
}

function count(number: number): string {
  return number.toLocaleString('en')
}

function rate(total: number, began: number): string {
  const seconds = (performance.now() - began) / 1000
  return `${seconds.toFixed(1)} s, ${count(Math.round(total / seconds))} a second`
}
