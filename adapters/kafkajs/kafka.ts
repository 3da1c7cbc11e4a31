import { createAdmin } from './admin/admin.ts'
import { CommittedOffsets } from './committed-offsets.ts'
import { connector } from './connecting.ts'
import { createConsumer } from './consumer/consumer.ts'
import type { Context } from './context.ts'
import { createLogger } from './logger.ts'
import { createProducer } from './producer/producer.ts'
import type { Admin, AdminConfig } from './types/admin.ts'
import type { KafkaConfig, Logger } from './types/common.ts'
import type { Consumer, ConsumerConfig } from './types/consumer.ts'
import type { Producer, ProducerConfig } from './types/producer.ts'

// Not fields of the class, which would show to those who print a Kafka, and not private names, which would keep those
// who patch its methods from calling them on a Proxy.
const contexts = new WeakMap<Kafka, Context>()

/** A cluster, and what its clients have in common. Connects nothing by itself: each client does. */
export class Kafka {
  constructor(config: KafkaConfig) {
    const { clientId = 'kafkajs', retry = {}, logLevel, logCreator } = config
    const logger = createLogger({ level: logLevel, logCreator })
    contexts.set(this, {
      logger,
      clientId,
      retry,
      offsets: new CommittedOffsets(),
      open: connector(config, clientId, logger),
    })
  }

  /** Throws a KafkaJSNonRetriableError for settings that can't work. */
  producer(config: ProducerConfig = {}): Producer {
    return createProducer(contexts.get(this)!, config)
  }

  /** Throws a KafkaJSNonRetriableError for settings that can't work. */
  consumer(config: ConsumerConfig): Consumer {
    return createConsumer(contexts.get(this)!, config)
  }

  /** What manages topics, groups and the rest of the cluster. */
  admin(config: AdminConfig = {}): Admin {
    return createAdmin(contexts.get(this)!, config)
  }

  /** The logger that its clients share. */
  logger(): Logger {
    return contexts.get(this)!.logger
  }
}
