// A NestJS service whose transport is Kafka. Nest asks for kafkajs by name; package.json has isokafka stand there (`npm:@isokafka/kafkajs`), and
// nothing here knows of it.
//   npm install && npm run build && KAFKA_BROKERS=localhost:9092 npm start
import 'reflect-metadata'
import { NestFactory } from '@nestjs/core'
import { type MicroserviceOptions, Transport } from '@nestjs/microservices'
import { OrdersModule } from './orders.js'

const service = await NestFactory.createMicroservice<MicroserviceOptions>(OrdersModule, {
  transport: Transport.KAFKA,
  options: {
    client: { brokers: (process.env['KAFKA_BROKERS'] ?? 'localhost:9092').split(',') },
    consumer: { groupId: 'orders' },
    subscribe: { fromBeginning: true },
  },
})
// SIGTERM and SIGINT: what is at hand is done with, and the group is left so that others take over at once.
service.enableShutdownHooks()
await service.listen()
