import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import type { ClientEvent } from '../../src/base/events.ts'
import { Broker, type Control } from '../../src/broker/index.ts'
import type { RequestOf } from '../../src/protocol/api.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { type RecordBatch, scanBatches } from '../../src/records/record-batch.ts'
import { Transport } from '../../src/transport/transport.ts'
import type { WriterConfig } from '../../src/writer/config.ts'
import { Writer } from '../../src/writer/writer.ts'
import { topicContents } from '../support/topic-contents.ts'

export const topic = 'orders'

/** A batch as a broker was sent it. */
export interface SentBatch {
  readonly brokerId: number
  readonly partition: number
  readonly batch: RecordBatch
}

type ProduceRequest = RequestOf<typeof Produce>

/** A cluster in memory, a writer's view of it, and what the brokers were sent. */
export class Embedded {
  readonly broker: Broker
  readonly transport: Transport
  /** All batches that arrived, in order. */
  readonly sent: SentBatch[] = []
  readonly events: ClientEvent[] = []
  readonly logged: string[] = []
  private readonly noted = new Set<string>()
  private readonly writers: Writer[] = []

  constructor({
    brokers = 1,
    partitions = 1,
    configs = {},
  }: { brokers?: number; partitions?: number; configs?: Record<string, string> } = {}) {
    this.broker = new Broker({ brokers, topics: [{ name: topic, partitions, configs }], natives })
    const log = (message: string): void => void this.logged.push(message)
    this.transport = new Transport({
      adapter: memory(this.broker, natives),
      natives,
      backoff: { min: 1, max: 10 },
      onEvent: event => this.events.push(event),
      logger: { debug() {}, info() {}, warn: log, error: log },
    })
    this.onProduce(() => undefined)
  }

  /**
   * A control function for produce requests that sees to it that the batches are noted. The answer takes it away again.
   */
  onProduce(control: Control<typeof Produce>): () => void {
    return this.broker.control(Produce, (request, context) => {
      const { brokerId, connectionId, correlationId } = context
      const id = `${connectionId}/${correlationId}`
      if (!this.noted.has(id))
        for (const { partition, batch } of batchesOf(request)) this.sent.push({ brokerId, partition, batch })
      this.noted.add(id)
      return control(request, context)
    })
  }

  open(config: Partial<WriterConfig> = {}): Writer {
    const writer = new Writer({
      addr: this.broker.addresses,
      topic,
      transport: this.transport,
      writeBackoffMin: 1,
      writeBackoffMax: 5,
      ...config,
    })
    this.writers.push(writer)
    return writer
  }

  /** Answers the next produce requests with these codes, one each, without doing anything; 0 lets one through. */
  answerProduce(...codes: number[]): void {
    const stop = this.onProduce(request => {
      const errorCode = codes.shift()
      if (codes.length === 0) stop()
      return errorCode === undefined || errorCode === 0 ? undefined : produceAnswer(request, errorCode)
    })
  }

  /** The values of a partition's messages. */
  async texts(partition = 0): Promise<string[]> {
    const contents = await topicContents(this.transport, this.broker.addresses, topic, AbortSignal.timeout(10_000))
    return contents[partition]!.map(message => message.text())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.writers.map(writer => writer.close({ signal: AbortSignal.timeout(5_000) })))
    // The broker first: the transport would wait a while for answers that never come.
    await this.broker.close()
    await this.transport.close()
  }
}

/** The same error for every partition of a request. */
export function produceAnswer({ topicData }: ProduceRequest, errorCode: number) {
  return {
    responses: topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset: -1 })),
    })),
  }
}

export function batchesOf({ topicData }: ProduceRequest): { partition: number; batch: RecordBatch }[] {
  return topicData.flatMap(({ partitionData }) =>
    partitionData.map(({ index, records }) => ({ partition: index, batch: scanBatches(records!.slice())[0]! })),
  )
}

/** `count` messages, their values `from`, `from + 1` … */
export function values(count: number, from = 0): { value: string }[] {
  return Array.from({ length: count }, (_, i) => ({ value: String(from + i) }))
}

/** What `texts` gives for them. */
export function numbered(count: number, from = 0): string[] {
  return values(count, from).map(({ value }) => value)
}
