import { adapter } from '../../adapters/node/index.ts'
import {
  type CallOptions,
  type Message,
  type MessageInput,
  ProducerFencedError,
  pipeline,
  Reader,
  type Transaction,
  Transport,
  Writer,
} from '../../src/index.ts'
import { flakyAdapter } from '../../test/support/flaky-adapter.ts'
import { pause } from '../../test/support/waiting.ts'
import { ChangedMind, type CopierPlan } from './copier.ts'
import { type Done, itemOf, textOf } from './history.ts'

/** Tells of each transaction that it begins. */
class ToldWriter extends Writer {
  onBegin: (transaction: Transaction) => void = () => {}

  override async begin(options?: CallOptions): Promise<Transaction> {
    const transaction = await super.begin(options)
    this.onBegin(transaction)
    return transaction
  }
}

/** A transaction that a pipeline has begun, and what it wrote so far. */
interface Begun {
  readonly transaction: Transaction
  readonly id: string
  readonly writes: string[]
  /** Offsets read in it, by partition. */
  readonly last: Map<number, number>
}

/** A member of a stage of the chain, as Copier is: a Reader, a Writer and `pipeline` between them. */
export class PipelineCopier {
  /** Settles once it has left, died or given itself up. */
  readonly ended: Promise<void>
  /** Whether its transactional id is another's by now. */
  fenced = false
  /** Requests that were tried again, connections that it lost, and transactions that failed. */
  troubles = 0
  committed = 0
  readonly #plan: CopierPlan
  readonly #network = flakyAdapter(adapter)
  readonly #transport: Transport
  readonly #reader: Reader
  readonly #writer: ToldWriter
  readonly #leaving = new AbortController()
  #dead = false
  #round = 0
  #begun: Begun | undefined

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
    this.#reader = new Reader({
      brokers,
      groupId,
      topic: from,
      transport,
      isolationLevel: 'read_committed',
      startOffset: 'earliest',
      heartbeatInterval: 200,
      sessionTimeout: 2_000,
      rebalanceTimeout: 10_000,
    })
    this.#writer = new ToldWriter({ addr: brokers, topic: to, transport, transactionalId, transactionTimeout: 5_000 })
    this.#writer.onBegin = transaction => {
      this.#told()
      const id = `${plan.name}/${this.#round++}`
      this.#begun = { transaction, id, writes: [], last: new Map() }
    }
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

  async #run(): Promise<void> {
    const { signal } = this.#leaving
    const { size } = this.#plan
    while (!signal.aborted && !this.fenced) {
      try {
        await pipeline(this.#reader, this.#writer, message => this.#copy(message), {
          batchSize: size,
          batchTimeout: 20,
          signal,
          onAborted: () => this.#trouble(),
        })
      } catch (error) {
        this.#failed(error)
        if (!(error instanceof ChangedMind)) await pause(20)
      }
    }
    await this.#reader.close()
    await this.#writer.close()
    this.#told()
    await this.#transport.close()
  }

  #copy(message: Message): MessageInput {
    const { history, from, chance, aborts, size } = this.#plan
    const { id, writes, last } = this.#begun!
    history.saw(from, { partition: message.partition, offset: message.offset, text: message.text() }, last)
    if (chance() < (3 * aborts) / size) throw new ChangedMind()
    const item = { ...itemOf(message.text()), write: `${id}.${writes.length}` }
    writes.push(item.write)
    return { key: item.key, value: textOf(item) }
  }

  /** How the transaction before ended, as far as its writer knows, the history is told. */
  #told(): void {
    if (this.#begun === undefined) return
    const { history, to } = this.#plan
    const { transaction, id, writes } = this.#begun
    const { state } = transaction
    const outcome: Done['outcome'] = state === 'committed' || state === 'aborted' ? state : 'unknown'
    if (outcome === 'committed') this.committed++
    history.transactions.push({ id, topic: to, writes, outcome })
    this.#begun = undefined
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
