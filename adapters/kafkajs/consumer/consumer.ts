import type { Context } from '../context.ts'
import { KafkaJSNotImplemented } from '../errors.ts'
import type { Consumer, ConsumerConfig } from '../types/consumer.ts'

export function createConsumer(_context: Context, _config: ConsumerConfig): Consumer {
  throw new KafkaJSNotImplemented('no consumer yet')
}
