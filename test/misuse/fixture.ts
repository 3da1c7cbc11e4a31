import { afterAll, beforeAll } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Transport } from '../../src/transport/transport.ts'

/** An embedded broker with the topic `t` of three partitions, and a transport to it, for the tests of a file. */
export function fixture(): { broker: Broker; transport: Transport; rejections: unknown[] } {
  const broker = new Broker({ topics: [{ name: 't', partitions: 3 }] })
  const transport = new Transport({ adapter: memory(broker) })
  /** What nobody handled, which ends a process of Node's. */
  const rejections: unknown[] = []
  const note = (reason: unknown): void => void rejections.push(reason)
  beforeAll(() => void process.on('unhandledRejection', note))
  afterAll(async () => {
    await transport.close()
    await broker.close()
    process.off('unhandledRejection', note)
  })
  return { broker, transport, rejections }
}

/** What a caller without types may give. */
// biome-ignore lint/suspicious/noExplicitAny: that is the point
export type Anything = any
