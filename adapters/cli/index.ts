#!/usr/bin/env node
import { Broker } from '../../src/broker/index.ts'
import { IsoKafkaError, messageOf } from '../../src/index.ts'
import { memory } from '../memory/index.ts'
import { natives } from '../node/index.ts'
import { runBridge } from './bridge.ts'
import { brokerUsage, runBroker } from './broker.ts'
import { demo } from './demo.ts'

const usage = `usage: isokafka demo      on an embedded broker, or on the cluster that KAFKA_BROKERS=host:port[,host:port…] names
       ${brokerUsage}
       isokafka bridge    carries WebSockets of browsers to Kafka; isokafka bridge --help has its options`

const print = (line: string): void => console.log(line)

/** What the command line asks for; answers the exit status. */
async function main([command, ...rest]: readonly string[]): Promise<number> {
  if (command === 'broker') {
    await runBroker(rest, print)
    return 0
  }
  if (command === 'bridge') {
    await runBridge(rest, print)
    return 0
  }
  if (command === '--help' || command === '-h' || command === 'help') {
    print(usage)
    return 0
  }
  if (command !== 'demo' || rest.length > 0) {
    console.error(usage)
    return 2
  }
  const given = process.env['KAFKA_BROKERS']
  return (await (given === undefined ? demoOnEmbedded() : demo({ brokers: given.split(','), print }))) ? 0 : 1
}

async function demoOnEmbedded(): Promise<boolean> {
  print('An embedded broker of three nodes plays the cluster; KAFKA_BROKERS=host:port takes a real one.')
  const broker = new Broker({ brokers: 3, natives })
  try {
    return await demo({ brokers: broker.addresses, transport: { adapter: memory(broker, natives), natives }, print })
  } finally {
    await broker.close()
  }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  // What a user can mend takes one line; anything else is a bug and shows where.
  console.error(error instanceof IsoKafkaError ? `isokafka: ${messageOf(error)}` : error)
  process.exitCode = 1
}
