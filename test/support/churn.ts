import { Client } from '../../src/client/client.ts'
import { CreatePartitions } from '../../src/protocol/create-partitions.ts'
import { LastOffset } from '../../src/protocol/offsets.ts'
import { Reader } from '../../src/reader/reader.ts'
import type { Message } from '../../src/records/message.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Writer } from '../../src/writer/writer.ts'
import { flakyAdapter } from './flaky-adapter.ts'
import { random } from './random.ts'
import type { World } from './world.ts'

export interface ChurnOptions {
  readonly topic: string
  readonly durationMs: number
  readonly seed: number
}

/** What came of it. */
export interface ChurnResult {
  readonly attempted: number
  readonly acknowledged: number
  readonly delivered: number
  readonly redelivered: number
  readonly members: number
  readonly crashes: number
  readonly generations: number
  /** Messages that were acknowledged and that nobody dealt with. */
  readonly lost: readonly string[]
  /** Messages written before the group was there, which began at the end. */
  readonly old: readonly string[]
  /** What calls threw, but in members that crashed. */
  readonly errors: readonly string[]
}

const partitions = 6
const groupSize = 4

/** Milliseconds between two messages of a partition: some are busy, and in some nothing happens for long. */
const pauses = [100, 150, 300, 700, 3_000, 9_000]

const styles = ['for await', 'readMessage', 'batches', 'fetchMessage'] as const

/** What was written and what members dealt with. */
class Books {
  readonly attempted = new Set<string>()
  readonly acknowledged = new Set<string>()
  readonly dealtWith = new Map<string, number>()
  readonly errors: string[] = []
  generations = 0

  get missing(): string[] {
    return [...this.acknowledged].filter(value => !this.dealtWith.has(value))
  }

  note(value: string): void {
    this.dealtWith.set(value, (this.dealtWith.get(value) ?? 0) + 1)
  }
}

/** One process of the group, with connections of its own. Its style is the way it reads and commits. */
class Member {
  readonly #world: World
  readonly #books: Books
  readonly #style: (typeof styles)[number]
  readonly #network: ReturnType<typeof flakyAdapter>
  readonly #transport: Transport
  readonly #reader: Reader
  readonly #working: Promise<void>
  #state: 'reading' | 'leaving' | 'crashed' = 'reading'

  constructor(world: World, topic: string, books: Books, number: number) {
    this.#world = world
    this.#books = books
    this.#style = styles[number % styles.length]!
    this.#network = flakyAdapter(world.adapter)
    this.#transport = new Transport({
      ...world.transport,
      adapter: this.#network.adapter,
      onEvent: event => {
        if (event.type === 'rebalance') books.generations = Math.max(books.generations, event.generationId)
      },
    })
    this.#reader = new Reader({
      brokers: world.brokers,
      topic,
      groupId: topic,
      startOffset: LastOffset,
      heartbeatInterval: 300,
      sessionTimeout: 2_000,
      rebalanceTimeout: 4_000,
      joinGroupBackoff: 200,
      partitionWatchInterval: 1_000,
      maxWait: 500,
      transport: this.#transport,
      autoCommit: this.#style === 'for await',
    })
    this.#working = this.#work()
  }

  async leave(): Promise<void> {
    if (this.#state === 'reading') this.#state = 'leaving'
    await this.#reader.close()
    await this.#working
    await this.#transport.close()
  }

  /** Ends as a killed process does: without a word to anyone, and with what it has in hand undone. */
  async crash(): Promise<void> {
    this.#state = 'crashed'
    this.#network.pull()
    await this.leave()
  }

  async #work(): Promise<void> {
    while (this.#state === 'reading') {
      try {
        await this.#read()
        if (this.#state === 'reading') this.#books.errors.push(`${this.#style} ended by itself`)
      } catch (error) {
        if (this.#state === 'reading') this.#books.errors.push(`${this.#style}: ${error}`)
        await this.#world.sleep(200)
      }
    }
  }

  async #read(): Promise<void> {
    const reader = this.#reader
    if (this.#style === 'for await') for await (const message of reader) await this.#deal([message])
    else if (this.#style === 'readMessage')
      while (this.#state === 'reading') await this.#deal([await reader.readMessage()])
    else if (this.#style === 'batches') {
      for await (const batch of reader.batches())
        await this.#dealAndCommit(batch.messages().map(message => message.copy()))
    } else while (this.#state === 'reading') await this.#dealAndCommit([await reader.fetchMessage()])
  }

  async #dealAndCommit(messages: readonly Message[]): Promise<void> {
    await this.#deal(messages)
    // One whose partitions were given to others is told so; they read these messages again.
    await this.#reader.commitMessages(messages.at(-1)!).catch(() => {})
  }

  async #deal(messages: readonly Message[]): Promise<void> {
    const values = messages.map(message => message.text())
    await this.#world.sleep(5)
    if (this.#state !== 'crashed') for (const value of values) this.#books.note(value)
  }
}

/** Writes `partition:number`, each partition at its own pace, those that are added later included. */
class Source {
  readonly #world: World
  readonly #books: Books
  readonly #transport: Transport
  readonly #writer: Writer
  readonly #lanes: Promise<void>[] = []
  #stopped = false
  #known = 0

  constructor(world: World, topic: string, books: Books) {
    this.#world = world
    this.#books = books
    this.#transport = new Transport({ metadataTtl: 1_000, ...world.transport, adapter: world.adapter })
    const balancer = ({ key }: { key?: unknown }, known: readonly number[]): number => {
      this.#known = known.length
      return known[Number(key) % known.length]!
    }
    this.#writer = new Writer({ addr: world.brokers, topic, transport: this.#transport, balancer })
  }

  /** One message in each partition, under other names than those that count. */
  async old(): Promise<void> {
    await this.#writer.writeMessages(
      Array.from({ length: partitions }, (_, key) => ({ key: String(key), value: `old ${key}` })),
    )
  }

  start(from: number, to: number): void {
    for (let partition = from; partition < to; partition++) this.#lanes.push(this.#lane(partition))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#lanes)
    await this.#writer.close()
    await this.#transport.close()
  }

  async #lane(partition: number): Promise<void> {
    // What was there from the start is silent at first, and must not be begun anew at a later end. What was added is
    // written to at once.
    if (partition < partitions) await this.#wait(partition)
    // Only a message makes the writer look which partitions there are.
    while (partition >= this.#known && !this.#stopped) await this.#world.sleep(50)
    for (let number = 0; !this.#stopped; number++) {
      await this.#write(partition, `${partition}:${number}`)
      await this.#wait(partition)
    }
  }

  async #wait(partition: number): Promise<void> {
    for (let left = pauses[partition % pauses.length]!; left > 0 && !this.#stopped; left -= 1_000)
      await this.#world.sleep(Math.min(1_000, left))
  }

  async #write(partition: number, value: string): Promise<void> {
    this.#books.attempted.add(value)
    try {
      await this.#writer.writeMessages({ key: String(partition), value })
      this.#books.acknowledged.add(value)
    } catch (error) {
      this.#books.errors.push(`write ${value}: ${error}`)
    }
  }
}

/**
 * A group of four that begins at the end of its topic: members leave, crash and come back, for a while there is none at
 * all, and partitions are added twice, while a writer goes on.
 */
export async function churn(world: World, { topic, durationMs, seed }: ChurnOptions): Promise<ChurnResult> {
  const transport = new Transport({ ...world.transport, adapter: world.adapter })
  const client = new Client({ addr: world.brokers, transport })
  const books = new Books()
  const source = new Source(world, topic, books)
  await source.old()
  let members = 0
  const join = (): Member => new Member(world, topic, books, members++)
  let present = Array.from({ length: groupSize }, join)
  const committed = async (): Promise<boolean> => {
    const { topics } = await client.offsetFetch({
      groupId: topic,
      topics: { [topic]: Array.from({ length: partitions }, (_, i) => i) },
    })
    return topics[topic]!.every(({ committedOffset }) => committedOffset >= 0)
  }
  await world.until(
    'the ends that the group began at are committed, so that nobody comes to another end later',
    committed,
    20_000,
  )

  let count = partitions
  const addPartitions = async (): Promise<void> => {
    const topics = [{ name: topic, count: count + 2, assignments: null }]
    const { results } = await transport.roundTrip(world.brokers, CreatePartitions, {
      topics,
      timeoutMs: 10_000,
      validateOnly: false,
    })
    if (results[0]!.errorCode !== 0) throw new Error(`no partitions were added: ${results[0]!.errorMessage}`)
    source.start(count, count + 2)
    count += 2
  }
  source.start(0, partitions)
  const next = random(seed)
  const crashes: Promise<void>[] = []
  const go = async (member: Member, crashing: boolean): Promise<void> => {
    if (crashing) crashes.push(member.crash())
    else await member.leave()
  }
  const step = async (): Promise<void> => {
    if (present.length < 2 || (present.length < groupSize && next() < 0.6)) present.push(join())
    else {
      const [leaving] = present.splice(Math.floor(next() * present.length), 1)
      await go(leaving!, next() < 0.5)
    }
  }
  const everybodyGoes = async (crashing: boolean): Promise<void> => {
    await Promise.all(present.map(member => go(member, crashing)))
    await world.sleep(durationMs / 30)
    present = [join()]
  }
  const moments = [addPartitions, () => everybodyGoes(false), addPartitions, () => everybodyGoes(true)]
  for (const moment of moments) {
    for (let step_ = 0; step_ < 8; step_++) {
      await world.sleep((durationMs / moments.length / 8) * (0.5 + next()))
      await step()
    }
    await moment()
  }
  while (present.length < groupSize) present.push(join())
  await source.stop()
  await world.until('everything is delivered', () => books.missing.length === 0, 40_000).catch(() => {})
  await Promise.all(present.map(member => member.leave()))
  await Promise.all(crashes)
  await transport.close()
  const { attempted, acknowledged, dealtWith, generations, errors, missing } = books
  const delivered = [...dealtWith.keys()]
  return {
    attempted: attempted.size,
    acknowledged: acknowledged.size,
    delivered: delivered.length,
    redelivered: [...dealtWith.values()].reduce((sum, times) => sum + times - 1, 0),
    members,
    crashes: crashes.length,
    generations,
    lost: missing,
    old: delivered.filter(value => value.startsWith('old')),
    errors,
  }
}
