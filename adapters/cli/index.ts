#!/usr/bin/env node
import { IsoKafkaError, messageOf } from '../../src/index.ts'
import { demo } from './demo.ts'

const usage = 'usage: isokafka demo    (KAFKA_BROKERS=host:port[,host:port] names the cluster)'

/** What the command line asks for; answers the exit status. */
async function main([command, ...rest]: readonly string[]): Promise<number> {
  if (command !== 'demo' || rest.length > 0) {
    console.error(usage)
    return 2
  }
  const brokers = (process.env['KAFKA_BROKERS'] ?? '')
    .split(',')
    .map(address => address.trim())
    .filter(address => address !== '')
  if (brokers.length === 0) {
    console.error('isokafka demo: no cluster given; set KAFKA_BROKERS=host:port to one that runs')
    return 2
  }
  return (await demo({ brokers, print: line => console.log(line) })) ? 0 : 1
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  // What a user can mend takes one line; anything else is a bug and shows where.
  console.error(error instanceof IsoKafkaError ? `isokafka: ${messageOf(error)}` : error)
  process.exitCode = 1
}
