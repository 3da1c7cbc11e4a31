import type { Context } from '../context.ts'
import { KafkaJSNotImplemented } from '../errors.ts'
import type { Producer, ProducerConfig } from '../types/producer.ts'

export function createProducer(_context: Context, _config: ProducerConfig): Producer {
  throw new KafkaJSNotImplemented('no producer yet')
}
