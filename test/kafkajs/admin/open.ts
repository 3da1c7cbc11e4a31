import { onTestFinished } from 'vitest'
import {
  type Admin,
  type AdminConfig,
  Kafka,
  type KafkaConfig,
  type LogEntry,
} from '../../../adapters/kafkajs/index.ts'
import { memory } from '../../../adapters/memory/index.ts'
import { natives } from '../../../adapters/node/index.ts'
import { Broker, type BrokerConfig } from '../../../src/broker/index.ts'

/** An embedded broker, and admins of it whose log is kept. */
export function open(config: BrokerConfig = {}) {
  const broker = new Broker({ natives, ...config })
  onTestFinished(() => broker.close())
  const log: LogEntry[] = []
  return {
    broker,
    log,
    async admin(admin: AdminConfig = {}, kafka: Partial<KafkaConfig> = {}): Promise<Admin> {
      const made = new Kafka({
        brokers: [...broker.addresses],
        logCreator: () => entry => void log.push(entry),
        transport: { adapter: memory(broker, natives), natives },
        ...kafka,
      }).admin({ retry: { initialRetryTime: 1, ...admin.retry } })
      onTestFinished(() => made.disconnect())
      await made.connect()
      return made
    },
  }
}
