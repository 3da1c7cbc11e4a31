import { Controller, Inject, Module, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common'
import {
  type ClientKafka,
  ClientsModule,
  EventPattern,
  MessagePattern,
  Payload,
  Transport,
} from '@nestjs/microservices'
import { lastValueFrom } from 'rxjs'

interface Order {
  readonly id: number
  readonly customer: string
  readonly amounts: readonly number[]
}

const brokers = (process.env['KAFKA_BROKERS'] ?? 'localhost:9092').split(',')
const out = Symbol('out')

@Controller()
class Orders implements OnModuleInit, OnModuleDestroy {
  constructor(@Inject(out) private readonly kafka: ClientKafka) {}

  onModuleInit(): Promise<unknown> {
    return this.kafka.connect()
  }

  onModuleDestroy(): Promise<void> {
    return this.kafka.close()
  }

  /** What a handler returns is sent to the topic named in the request's headers; Nest's own clients name `orders.total.reply`. */
  @MessagePattern('orders.total')
  total(@Payload() { amounts }: Order): number {
    return amounts.reduce((sum, amount) => sum + amount, 0)
  }

  /** Committed once this resolves. An error leaves it uncommitted: after a crash or a rejection it comes again, so shipping has to know an order's id. */
  @EventPattern('orders.placed')
  async ship(@Payload() { id, customer }: Order): Promise<void> {
    // The key keeps the orders of a customer in one partition, in order.
    await lastValueFrom(this.kafka.emit('orders.shipped', { key: customer, value: { id, customer } }))
    console.log(`shipped order ${id} to ${customer}`)
  }
}

@Module({
  imports: [
    ClientsModule.register([
      // It only writes: without `producerOnlyMode` it would join a group of its own, too.
      { name: out, transport: Transport.KAFKA, options: { client: { brokers }, producerOnlyMode: true } },
    ]),
  ],
  controllers: [Orders],
})
export class OrdersModule {}
