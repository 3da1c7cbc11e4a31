import { FirstOffset } from '../../../src/protocol/offsets.ts'
import { Reader } from '../../../src/reader/reader.ts'
import type { Message } from '../../../src/records/message.ts'
import { UnknownOutcomeError } from '../../../src/writer/errors.ts'
import { ProducerFencedError } from '../../../src/writer/transactions/errors.ts'
import type { Transaction } from '../../../src/writer/transactions/transaction.ts'
import { Writer } from '../../../src/writer/writer.ts'
// Loaded before the world begins: no time passes there for that.
import '../../../src/writer/transactions/open.ts'
import type { TransactionNote } from '../history.ts'
import { nameOf } from '../history.ts'
import type { Host } from '../host.ts'
import { copies, topic, type World } from '../world.ts'
import { membershipIn } from './groups.ts'
import type { Running, Workload } from './workload.ts'

const deliveryTimeout = 20_000
const transactionTimeout = 15_000
/** A transaction begins, writes, ends, and when that comes to nothing is aborted: each step has its time. */
const patience = 5 * deliveryTimeout

/** Writers of transactions on one host; one that is fenced is followed by another. */
class TransactionalHost {
  readonly host: Host
  readonly #world: World
  readonly #config: { readonly topic: string; readonly transactionalId: string }
  readonly #transport
  #writer: Writer

  constructor(world: World, host: Host, config: { readonly topic: string; readonly transactionalId: string }) {
    this.host = host
    this.#world = world
    this.#config = config
    this.#transport = host.transport({ dialTimeout: 3_000, requestTimeout: 8_000 })
    this.#writer = this.#open()
  }

  get transport() {
    return this.#transport
  }

  /** Plays one transaction, and notes how it ended. */
  async play(work: (transaction: Transaction, values: string[]) => Promise<'commit' | 'abort'>): Promise<boolean> {
    const { history } = this.#world
    const { name } = this.host
    let note: TransactionNote | undefined
    let transaction: Transaction | undefined
    try {
      transaction = await history.call(name, 'begin()', patience, this.#writer.begin())
      note = { by: name, values: [], copies: this.#config.topic === copies, outcome: 'open' }
      history.transactions.push(note)
      const wish = await work(transaction, note.values)
      await history.call(name, `${wish}()`, patience, transaction[wish]())
      note.outcome = wish === 'commit' ? 'committed' : 'aborted'
    } catch (error) {
      await this.#failed(error, note, transaction)
    }
    if (note !== undefined) history.note(`${name}: transaction of ${note.values.length} ${note.outcome}`)
    return note?.outcome === 'committed'
  }

  async close(): Promise<void> {
    await this.#world.history.call(this.host.name, 'writer.close()', patience, this.#writer.close())
    await this.#transport.close()
  }

  async #failed(
    error: unknown,
    note: TransactionNote | undefined,
    transaction: Transaction | undefined,
  ): Promise<void> {
    const { history } = this.#world
    history.note(`${this.host.name}: transaction failed: ${nameOf(error)}`)
    if (note !== undefined && transaction !== undefined) {
      if (transaction.state === 'open') await transaction.abort().catch(() => {})
      note.outcome = error instanceof UnknownOutcomeError || transaction.state === 'unknown' ? 'unknown' : 'aborted'
      // Nobody else ends it so well.
      while (transaction.inDoubt && !this.host.isDead) {
        await this.host.sleep(500)
        await transaction.commit().then(
          () => {
            note.outcome = 'committed'
          },
          () => {},
        )
      }
    }
    if (error instanceof ProducerFencedError) {
      await history.call(this.host.name, 'writer.close()', patience, this.#writer.close())
      this.#writer = this.#open()
    }
    await this.host.sleep(500)
  }

  #open(): Writer {
    return new Writer({
      ...this.#config,
      addr: [...this.#world.addresses],
      transport: this.#transport,
      deliveryTimeout,
      writeTimeout: 8_000,
      transactionTimeout,
      batchBytes: 1_000,
    })
  }
}

/** Writes in transactions to the topic that all write to; some of them it aborts. */
class Writing implements Running {
  readonly hosts: readonly Host[]
  readonly #world: World
  readonly #writer: TransactionalHost
  #number = 0
  #stopping = false
  readonly #working: Promise<void>

  constructor(world: World, name: string) {
    this.#world = world
    const host = world.host(name)
    this.hosts = [host]
    this.#writer = new TransactionalHost(world, host, { topic, transactionalId: name })
    this.#working = this.#work()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#working
    await this.#writer.close()
  }

  async #work(): Promise<void> {
    const { host } = this.#writer
    const chance = host.chance('work')
    while (!this.#stopping && !host.isDead) {
      await this.#writer.play(async (transaction, values) => {
        for (let call = chance.whole(1, 3); call > 0; call--) {
          const some = Array.from({ length: chance.whole(1, 6) }, () => this.#next())
          values.push(...some)
          const keyed = chance.is(0.5)
          const messages = some.map(value => ({ value, ...(keyed && { key: `key ${chance.whole(0, 9)}` }) }))
          const writing = transaction.writeMessages(messages).catch(() => {})
          if (chance.is(0.5)) await writing
          await host.sleep(chance.wait(100))
        }
        return chance.is(0.2) ? 'abort' : 'commit'
      })
      await host.sleep(chance.wait(600))
    }
  }

  #next(): string {
    const { history, clock } = this.#world
    const writer = this.#writer.host.name
    const number = this.#number++
    const value = `${writer}#${number}`
    // What becomes of it, its transaction says.
    const at = clock.monotonic()
    const where = { partition: -1, offset: -1, settledAt: at }
    const how = { acks: 'all', idempotent: true, outcome: 'unknown', transactional: true } as const
    history.sent.set(value, { writer, value, topic, number, at, ...how, ...where })
    return value
  }
}

/** Copies what is committed from the topic to another, exactly once. */
class Copier {
  readonly host: Host
  readonly #world: World
  readonly #group: string
  readonly #writer: TransactionalHost
  readonly #reader: Reader
  readonly working: Promise<void>
  #leaving = false
  #idle = 0
  #generation = 0
  #stint = 0

  constructor(world: World, host: Host, group: string) {
    this.host = host
    this.#world = world
    this.#group = group
    host.onEvent = event => {
      if (event.type !== 'rebalance') return
      this.#generation = event.generationId
      this.#stint++
      world.history.note(`${host.name}: generation ${event.generationId} has ${event.assignments[topic]?.join()}`)
    }
    this.#writer = new TransactionalHost(world, host, { topic: copies, transactionalId: host.name })
    this.#reader = new Reader({
      brokers: [...world.addresses],
      topic,
      groupId: group,
      startOffset: FirstOffset,
      isolationLevel: 'read_committed',
      ...membershipIn(world),
      maxWait: 2_000,
      transport: this.#writer.transport,
    })
    this.working = this.#work()
  }

  /** Whether it has had nothing to do for a while. */
  get isIdle(): boolean {
    return this.#idle >= 3
  }

  async leave(): Promise<void> {
    this.#leaving = true
    await this.working
    await this.#world.history.call(this.host.name, 'reader.close()', patience, this.#reader.close())
    await this.#writer.close()
  }

  async #work(): Promise<void> {
    const chance = this.host.chance('work')
    while (!this.#leaving && !this.host.isDead) {
      const messages: Message[] = []
      let sent = false
      const done = await this.#writer.play(async (transaction, values) => {
        const most = chance.whole(1, 20)
        while (messages.length < most) {
          const message = await this.#next(messages.length === 0 ? 2_000 : 100)
          if (message === undefined) break
          messages.push(message)
          values.push(nameOfCopy(message))
        }
        if (messages.length === 0) return 'commit'
        const copied = messages.map(message => ({ partition: 0, value: nameOfCopy(message) }))
        sent = true
        await Promise.all([transaction.writeMessages(copied), transaction.sendOffsets(this.#reader, messages)])
        return chance.is(0.1) ? 'abort' : 'commit'
      })
      // What comes next was read before. A transaction that has its offsets sends the reader back by itself.
      if (!done) {
        this.#stint++
        if (messages.length > 0 && !sent && !this.host.isDead)
          await this.#reader.rewind().catch(error => this.#world.history.complain(this.host.name, error))
      }
      this.#idle = messages.length === 0 ? this.#idle + 1 : 0
    }
  }

  async #next(within: number): Promise<Message | undefined> {
    const { history } = this.#world
    const late = new AbortController()
    const cancel = this.host.clock.after(within, () => late.abort())
    try {
      const message = await this.#reader.fetchMessage({ signal: late.signal })
      history.handed(message, {
        reader: this.host.name,
        group: this.#group,
        generation: this.#generation,
        stint: this.#stint,
      })
      return message
    } catch (error) {
      if (!late.signal.aborted) {
        history.complain(this.host.name, error)
        await this.host.sleep(500)
      }
      return undefined
    } finally {
      cancel()
    }
  }
}

function nameOfCopy(message: Message): string {
  return `${message.partition}/${message.offset} ${message.text()}`
}

class Copying implements Running {
  readonly replaces = true
  readonly #world: World
  readonly #name: string
  readonly #members = new Set<Copier>()
  readonly #watch: Host
  readonly #watching: Promise<void>
  #stopping = false
  #started = 0

  constructor(world: World, name: string, size: number) {
    this.#world = world
    this.#name = name
    this.#watch = world.host(`${name} watch`)
    for (let i = 0; i < size; i++) this.#join()
    this.#watching = this.#look(size)
  }

  get hosts(): readonly Host[] {
    return [...this.#members].map(({ host }) => host)
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#watching
    // What was read last is copied once it is committed.
    while ([...this.#members].some(member => !member.host.isDead && !member.isIdle)) await this.#watch.sleep(500)
    await Promise.all([...this.#members].map(member => member.leave()))
  }

  #join(): void {
    this.#members.add(new Copier(this.#world, this.#world.host(`${this.#name}-${this.#started++}`), this.#name))
  }

  async #look(size: number): Promise<void> {
    const chance = this.#watch.chance('churn')
    while (!this.#stopping) {
      await this.#watch.sleep(chance.wait(3_000))
      for (const member of this.#members) if (member.host.isDead) this.#members.delete(member)
      if (!this.#stopping && this.#members.size < size) this.#join()
    }
  }
}

export const transactionalWriter: Workload = {
  name: 'transactional writer',
  role: 'writes',
  start: (world, name) => new Writing(world, name),
}
export const copyingGroup: Workload = {
  name: 'copying group',
  role: 'reads',
  readsCommitted: true,
  copies: true,
  start: (world, name) => new Copying(world, name, 2),
}
