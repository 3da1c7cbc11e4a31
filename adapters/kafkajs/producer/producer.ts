import type { Connection, Context } from '../context.ts'
import { environment } from '../environment.ts'
import { KafkaJSError, KafkaJSNonRetriableError } from '../errors.ts'
import { Events } from '../events.ts'
import { metadataTimedOut } from '../network-events.ts'
import { retrySettings } from '../retry.ts'
import { kafkaJSError } from '../translate.ts'
import type { Logger } from '../types/common.ts'
import type { Producer, ProducerConfig, ProducerEvents, Transaction } from '../types/producer.ts'
import { Delivery, type DeliveryHost } from './delivery.ts'
import { Opened } from './opened.ts'
import { Partitioners } from './partitioners.ts'
import { transactionOf } from './transaction.ts'

const events: ProducerEvents = {
  CONNECT: 'producer.connect',
  DISCONNECT: 'producer.disconnect',
  REQUEST: 'producer.network.request',
  REQUEST_TIMEOUT: 'producer.network.request_timeout',
  REQUEST_QUEUE_SIZE: 'producer.network.request_queue_size',
}

// Once a program.
let warned = false

function warnOfPartitioner(logger: Logger): void {
  if (warned) return
  warned = true
  if (environment('KAFKAJS_NO_PARTITIONER_WARNING') !== undefined) return
  logger.warn(
    'KafkaJS v2.0.0 switched default partitioner. To retain the same partitioning behavior as in previous versions, create the producer with the option "createPartitioner: Partitioners.LegacyPartitioner". See the migration guide at https://kafka.js.org/docs/migration-guide-v2.0.0#producer-new-default-partitioner for details. Silence this warning by setting the environment variable "KAFKAJS_NO_PARTITIONER_WARNING=1"',
  )
}

/** Throws a KafkaJSNonRetriableError for settings that can't work. */
export function createProducer(context: Context, given: ProducerConfig): Producer {
  const { createPartitioner, idempotent = false, transactionalId, metadataMaxAge } = given
  if (createPartitioner === undefined || createPartitioner === null) warnOfPartitioner(context.logger)
  const config: ProducerConfig = { ...given, idempotent, retry: { ...context.retry, ...given.retry } }
  const retry = retrySettings(config.retry)
  if (idempotent && retry.retries < 1)
    throw new KafkaJSNonRetriableError('Idempotent producer must allow retries to protect against transient errors')
  const logger = context.logger.namespace('Producer')
  if (idempotent && (config.retry?.retries ?? Number.MAX_SAFE_INTEGER) < Number.MAX_SAFE_INTEGER)
    logger.warn('Limiting retries for the idempotent producer may invalidate EoS guarantees')

  const emitter = new Events('producer', events, logger)
  let status: 'connected' | 'disconnecting' | 'disconnected' = 'disconnected'
  let connecting: Promise<Connection> | undefined
  let open: Opened | undefined
  /** The one that is to end before the next begins; true while it begins. */
  let inTransaction = false

  const opened = (): Opened => {
    if (status === 'disconnecting')
      throw new KafkaJSNonRetriableError(
        "The producer is disconnecting; therefore, it can't safely accept messages anymore",
      )
    if (status === 'disconnected' || open === undefined) throw new KafkaJSError('The producer is disconnected')
    return open
  }
  const host: DeliveryHost = {
    logger,
    idempotent,
    retry,
    allowAutoTopicCreation: config.allowAutoTopicCreation ?? true,
    partitioner: (createPartitioner ?? Partitioners.DefaultPartitioner)(),
    opened,
    metadataTimedOut: broker => metadataTimedOut(emitter, context.clientId, broker),
  }
  const delivery = new Delivery(host)

  return {
    async connect() {
      connecting ??= context.open({ events: emitter, metadataMaxAge })
      const mine = connecting
      try {
        const connection = await mine
        if (connecting !== mine) {
          await connection.close()
          throw new KafkaJSError('The producer is disconnected')
        }
        open ??= new Opened(connection, config)
      } catch (error) {
        if (connecting === mine) connecting = undefined
        throw error
      }
      status = 'connected'
      emitter.emit(events.CONNECT)
    },
    async disconnect() {
      status = 'disconnecting'
      const ended = open
      open = undefined
      connecting = undefined
      await ended?.close()
      inTransaction = false
      status = 'disconnected'
      emitter.emit(events.DISCONNECT)
    },
    isIdempotent: () => idempotent,
    events,
    on: (name: string, listener: (event: never) => void) => emitter.on(name, listener),
    send: record => delivery.send(record),
    sendBatch: batch => delivery.sendBatch(batch),
    async transaction(): Promise<Transaction> {
      if (!transactionalId)
        throw new KafkaJSNonRetriableError('Must provide transactional id for transactional producer')
      if (inTransaction)
        throw new KafkaJSNonRetriableError(
          'There is already an ongoing transaction for this producer. Please end the transaction before beginning another.',
        )
      inTransaction = true
      const over = (): void => {
        inTransaction = false
      }
      try {
        const { writers } = opened()
        const writer = writers.transactional(transactionalId)
        const core = await writer.begin()
        const inside = new Delivery({ ...host, idempotent: true, writer })
        return transactionOf(core, inside, context, over)
      } catch (error) {
        over()
        throw kafkaJSError(error)
      }
    },
    logger: () => logger,
  }
}
