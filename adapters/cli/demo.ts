import { natives } from '../node/index.ts'
import { type Command, exitStatus } from './command.ts'
import { demo } from './demo/demo.ts'
import { parseOptions } from './options.ts'

export const demoCommand: Command = {
  name: 'demo',
  summary: 'writes 200,000 orders, reads them with a group whose member leaves, and checks what came',
  help: `usage: isokafka demo

Writes 200,000 keyed orders and reads them with a group of two, of which one leaves midway; then checks that every order came once,
and in order for every customer. It uses a topic of its own, and deletes it. The exit status is 0 if all was right.

On an embedded broker of three nodes, or on the cluster that KAFKA_BROKERS=host:port[,host:port…] names.

examples:
  isokafka demo
  KAFKA_BROKERS=localhost:9092 isokafka demo`,

  async run(args, { environment, print, signal }) {
    parseOptions(args, {})
    const given = environment['KAFKA_BROKERS']
    if (given !== undefined) return statusOf(await demo({ brokers: given.split(','), print, signal }))
    print('An embedded broker of three nodes plays the cluster; KAFKA_BROKERS=host:port takes a real one.')
    const [{ Broker }, { memory }] = await Promise.all([
      import('../../src/broker/index.ts'),
      import('../memory/index.ts'),
    ])
    const broker = new Broker({ brokers: 3, natives })
    try {
      const transport = { adapter: memory(broker, natives), natives }
      return statusOf(await demo({ brokers: broker.addresses, transport, print, signal }))
    } finally {
      await broker.close()
    }
  },
}

function statusOf(right: boolean): number {
  return right ? exitStatus.done : exitStatus.failed
}
