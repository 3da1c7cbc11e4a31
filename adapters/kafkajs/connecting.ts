import { messageOf } from '../../src/base/errors.ts'
import type { Logger as CoreLogger } from '../../src/base/logger.ts'
import { Client } from '../../src/client/client.ts'
import type { TransportConfig } from '../../src/transport/config.ts'
import { Transport } from '../../src/transport/transport.ts'
import type { Connection, OpenOptions } from './context.ts'
import { KafkaJSConnectionError, KafkaJSNonRetriableError } from './errors.ts'
import { connectFailure, networkEvents } from './network-events.ts'
import { createRetrier } from './retry.ts'
import { mechanismOf } from './sasl.ts'
import { socketsOf } from './tls.ts'
import { kafkaJSError } from './translate.ts'
import type { KafkaConfig, Logger } from './types/common.ts'

/** An hour: requests that nobody wants bounded must end some day. */
const unbounded = 3_600_000

const defaultMetadataMaxAge = 300_000

/** Makes the connections of a Kafka's clients. */
export function connector(
  config: KafkaConfig,
  clientId: string,
  logger: Logger,
): (options: OpenOptions) => Promise<Connection> {
  const retrier = createRetrier(config.retry, config.transport?.clock)
  const { enforceRequestTimeout = true } = config
  const requestTimeout = enforceRequestTimeout ? (config.requestTimeout ?? 30_000) : unbounded
  const log = logger.namespace('BrokerPool')
  return async ({ metadataMaxAge = defaultMetadataMaxAge, ...told }) => {
    let addr = await brokersOf(config)
    return retrier(async (bail, retryCount, retryTime) => {
      try {
        const settings: TransportConfig = {
          metadataTtl: metadataMaxAge,
          requestTimeout,
          ...transportConfig(config, clientId, logger, told),
        }
        const transport = new Transport(settings)
        const cluster = transport.cluster(addr)
        // To connect is no request: each broker has the time that a connection may take.
        const timeoutMs = Math.max(requestTimeout, settings.dialTimeout! * addr.length)
        try {
          await cluster.connection('any', 'control', { timeoutMs })
        } catch (error) {
          await transport.close()
          throw error
        }
        const client = new Client({ addr, transport })
        return { transport, addr, client, cluster, requestTimeout, close: () => transport.close() }
      } catch (thrown) {
        const error = kafkaJSError(thrown) as Error & { retriable?: boolean }
        if (error instanceof KafkaJSConnectionError) {
          log.error(`Failed to connect to seed broker, trying another broker from the list: ${error.message}`, {
            retryCount,
            retryTime,
          })
          addr = await brokersOf(config)
        } else log.error(error.message, { retryCount, retryTime })
        if (!error.retriable) bail(error)
        throw error
      }
    })
  }
}

async function brokersOf({ brokers }: KafkaConfig): Promise<string[]> {
  let list: unknown = brokers
  if (typeof brokers === 'function') {
    try {
      list = await brokers()
    } catch (error) {
      const failed = new KafkaJSConnectionError(`Failed to connect: "config.brokers" threw: ${messageOf(error)}`)
      failed.stack = `${failed.name}\n  Caused by: ${(error as Error | undefined)?.stack}`
      throw failed
    }
  }
  if (!list) throw new KafkaJSNonRetriableError('Failed to connect: brokers should not be null')
  const all = (Array.isArray(list) ? list : [list]) as unknown[]
  if (all.length === 0) throw new KafkaJSNonRetriableError('Failed to connect: brokers array is empty')
  all.forEach((broker, index) => {
    if (typeof broker !== 'string' || broker === '')
      throw new KafkaJSNonRetriableError(`Failed to connect: broker at index ${index} is invalid "${typeof broker}"`)
  })
  return all as string[]
}

function dialTimeoutOf({ sasl, connectionTimeout = 1000, authenticationTimeout = 10_000 }: KafkaConfig): number {
  return connectionTimeout + (sasl ? authenticationTimeout : 0)
}

function transportConfig(
  config: KafkaConfig,
  clientId: string,
  logger: Logger,
  { events, onEvent }: Omit<OpenOptions, 'metadataMaxAge'>,
): TransportConfig {
  const { sasl } = config
  const log = logger.namespace('Connection')
  const told = networkEvents(events, clientId)
  const own = config.transport?.onEvent
  return {
    clientId,
    dialTimeout: dialTimeoutOf(config),
    logger: coreLogger(logger.namespace('Cluster')),
    ...(sasl && { sasl: mechanismOf(sasl, log) }),
    ...socketsOf(config.ssl, config.socketFactory),
    ...config.transport,
    onEvent(event) {
      own?.(event)
      onEvent?.(event)
      told(event)
      const failure = connectFailure(event)
      if (failure === undefined) return
      const { message, stack } = kafkaJSError(failure.error)
      log.error(message, { broker: failure.broker, clientId, stack })
    },
  }
}

/** What isokafka has to say, through a logger of kafkajs's. */
export function coreLogger(logger: Logger): CoreLogger {
  const extra = (details: readonly unknown[]): object =>
    details.length === 0 ? {} : { details: details.map(each => (each instanceof Error ? each.message : each)) }
  return {
    debug: (message, ...details) => logger.debug(message, extra(details)),
    // Each line that the core finds worth telling would be news to kafkajs's users.
    info: (message, ...details) => logger.debug(message, extra(details)),
    warn: (message, ...details) => logger.warn(message, extra(details)),
    error: (message, ...details) => logger.error(message, extra(details)),
  }
}
