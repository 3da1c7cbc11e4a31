import { adapter } from '../../adapters/node/index.ts'
import {
  Client,
  ConsumerGroup,
  type Generation,
  IsolationLevel,
  ProducerFencedError,
  type Transaction,
  Transport,
  Writer,
} from '../../src/index.ts'
import { flakyAdapter } from '../../test/support/flaky-adapter.ts'
import { pause } from '../../test/support/waiting.ts'
import { type History, type Item, itemOf, textOf } from './history.ts'

export interface CopierPlan {
  readonly brokers: readonly string[]
  readonly from: string
  readonly to: string
  readonly groupId: string
  readonly transactionalId: string
  /** Nobody else has it, unlike the id of one who died. */
  readonly name: string
  readonly history: History
  /** Records in a transaction, at most. */
  readonly size: number
  /** Any number from 0 up to 1. */
  readonly chance: () => number
  /** How often one is aborted, at each of three steps. */
  readonly aborts: number
}

/** What a transaction is made of: records to copy, and where the group is once they are. */
interface Load {
  readonly id: string
  readonly items: readonly Item[]
  readonly next: ReadonlyMap<number, number>
}

/**
 * A member of a stage of the chain: reads in a group, writes to the next topic, and commits both at once, again and
 * again until it leaves or dies. It gives itself up when its writer is over.
 */
export class Copier {
  /** Settles once it has left, died or given itself up. */
  readonly ended: Promise<void>
  /** Whether its transactional id is another's by now. */
  fenced = false
  /** Requests that were tried again, connections that it lost, and steps that failed. */
  troubles = 0
  committed = 0
  readonly #plan: CopierPlan
  readonly #network = flakyAdapter(adapter)
  readonly #transport: Transport
  readonly #client: Client
  readonly #group: ConsumerGroup
  readonly #writer: Writer
  readonly #leaving = new AbortController()
  #dead = false
  #round = 0

  constructor(plan: CopierPlan) {
    const { brokers, from, to, groupId, transactionalId } = plan
    this.#plan = plan
    const transport = new Transport({
      adapter: this.#network.adapter,
      logger: null,
      onEvent: ({ type }) => {
        if (type === 'retry' || type === 'disconnect') this.#trouble()
      },
    })
    this.#transport = transport
    this.#client = new Client({ addr: brokers, transport })
    this.#group = new ConsumerGroup({
      id: groupId,
      topics: [from],
      brokers,
      transport,
      heartbeatInterval: 200,
      sessionTimeout: 2_000,
      rebalanceTimeout: 10_000,
    })
    this.#writer = new Writer({ addr: brokers, topic: to, transport, transactionalId, transactionTimeout: 5_000 })
    this.ended = this.#run()
  }

  get transactionalId(): string {
    return this.#plan.transactionalId
  }

  /** Goes after the transaction it is in. */
  async leave(): Promise<void> {
    this.#leaving.abort()
    await this.ended
  }

  /** As by SIGKILL: nobody hears of it any more, and what it has open stays open. */
  async die(): Promise<void> {
    this.#dead = true
    this.#network.pull()
    this.#leaving.abort()
    // Or it would go on trying.
    await this.#writer.close({ signal: AbortSignal.abort() })
    await this.ended
  }

  get #over(): boolean {
    return this.#leaving.signal.aborted || this.fenced
  }

  async #run(): Promise<void> {
    const { signal } = this.#leaving
    while (!this.#over) {
      try {
        const generation = await this.#group.next({ signal })
        await new Promise<void>(resolve => {
          generation.start(ending => this.#work(generation, ending).finally(resolve))
        })
      } catch (error) {
        if (!signal.aborted) this.#failed(error)
      }
    }
    await this.#writer.close()
    await this.#group.close()
    await this.#client.close()
    await this.#transport.close()
  }

  /** Copies for as long as the generation lasts. */
  async #work(generation: Generation, ending: AbortSignal): Promise<void> {
    const given = generation.assignments[this.#plan.from] ?? []
    const at = new Map(given.map(({ id, offset }) => [id, Math.max(0, offset)]))
    while (!ending.aborted && !this.#over) {
      const load = await this.#take(at)
      if (load.items.length === 0) await pause(20)
      // As somebody who looks at its generation now and then: what it does too late must be refused.
      else if (await this.#copy(generation, load)) for (const [partition, next] of load.next) at.set(partition, next)
    }
  }

  /** Whether it was committed. */
  async #copy(generation: Generation, { id, items, next }: Load): Promise<boolean> {
    const { history, to, from, chance, aborts } = this.#plan
    const done = { id, topic: to, writes: items.map(({ write }) => write) }
    let transaction: Transaction | undefined
    try {
      transaction = await this.#writer.begin()
      if (chance() < aborts) throw new ChangedMind()
      const written = transaction.writeMessages(items.map(item => ({ key: item.key, value: textOf(item) })))
      written.catch(() => {})
      if (chance() < aborts) throw new ChangedMind()
      const sent = transaction.sendOffsets(generation, { [from]: Object.fromEntries(next) })
      await Promise.all([written, sent])
      if (chance() < aborts) throw new ChangedMind()
      await this.#commit(transaction)
      this.committed++
      history.transactions.push({ ...done, outcome: 'committed' })
      return true
    } catch (error) {
      this.#failed(error)
      if (transaction === undefined) return false
      if (transaction.state === 'open') await transaction.abort().catch(cause => this.#failed(cause))
      const isUnknown = transaction.state !== 'aborted'
      // Who comes instead asks the group whether these are copied.
      if (isUnknown) this.fenced = true
      history.transactions.push({ ...done, outcome: isUnknown ? 'unknown' : 'aborted' })
      return false
    }
  }

  /** Asks until somebody says whether it is committed. */
  async #commit(transaction: Transaction): Promise<void> {
    for (;;) {
      try {
        return await transaction.commit()
      } catch (error) {
        if (!transaction.inDoubt || this.#dead) throw error
        this.#trouble()
      }
    }
  }

  /** What is next in some partition or several, and the history is told of. */
  async #take(at: ReadonlyMap<number, number>): Promise<Load> {
    const { size, history, from, name } = this.#plan
    const id = `${name}/${this.#round++}`
    const items: Item[] = []
    const next = new Map<number, number>()
    // Each time another one is first.
    const partitions = [...at.keys()]
    for (let i = 0; i < partitions.length && items.length < size; i++) {
      const partition = partitions[(i + this.#round) % partitions.length]!
      const last = new Map<number, number>()
      try {
        const answer = await this.#client.fetch(
          {
            topic: from,
            partition,
            offset: at.get(partition)!,
            maxWait: 0,
            maxBytes: 200_000,
            isolationLevel: IsolationLevel.ReadCommitted,
          },
          { signal: this.#leaving.signal },
        )
        if (answer.error !== null) throw answer.error
        for (const message of answer.records) {
          if (items.length === size) break
          const { offset } = message
          history.saw(from, { partition, offset, text: message.text() }, last)
          items.push({ ...itemOf(message.text()), write: `${id}.${items.length}` })
          next.set(partition, offset + 1)
        }
      } catch (error) {
        if (!this.#leaving.signal.aborted) this.#failed(error)
      }
    }
    return { id, items, next }
  }

  #failed(error: unknown): void {
    if (error instanceof ProducerFencedError || (error as Error).cause instanceof ProducerFencedError)
      this.fenced = true
    if (!(error instanceof ChangedMind)) this.#trouble()
  }

  #trouble(): void {
    if (!this.#dead) this.troubles++
  }
}

/** What a transaction is aborted for at random. */
export class ChangedMind extends Error {}
