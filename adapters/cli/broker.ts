import { parseArgs } from 'node:util'
import { ConfigError } from '../../src/base/errors.ts'
import { Broker, type BrokerTopic } from '../../src/broker/index.ts'
import { listen } from '../broker/index.ts'
import { natives } from '../node/index.ts'

export const brokerUsage = 'isokafka broker [--host 127.0.0.1] [--port 9092] [--brokers 1] [--topic name[:partitions]]…'

/** Keeps an embedded broker on TCP ports until the program is told to stop. */
export async function runBroker(args: readonly string[], print: (line: string) => void): Promise<void> {
  const options = brokerOptions(args)
  const broker = new Broker({
    brokers: options.brokers,
    topics: options.topics,
    natives,
    logger: { ...console, info: print, debug: () => {} },
  })
  const listening = await listen(broker, options)
  print(`An embedded broker listens on ${listening.addresses.join(', ')}; what it holds is gone when it stops.`)
  await new Promise<void>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve)
  })
  await listening.close()
  await broker.close()
}

/** What the arguments ask for; a ConfigError when they make no sense. */
export function brokerOptions(args: readonly string[]): { host: string; port: number; brokers: number; topics: BrokerTopic[] } {
  let values: ReturnType<typeof parse>
  try {
    values = parse(args)
  } catch (error) {
    throw new ConfigError(`${(error as Error).message} (usage: ${brokerUsage})`, { cause: error })
  }
  return {
    host: values.host,
    port: whole('--port', values.port, 0, 65535),
    brokers: whole('--brokers', values.brokers, 1, 100),
    topics: values.topic.map(text => {
      const [name = '', partitions = '1'] = text.split(':')
      return { name, partitions: whole('--topic', partitions, 1, 10_000) }
    }),
  }
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '9092' },
      brokers: { type: 'string', default: '1' },
      topic: { type: 'string', multiple: true, default: [] },
    },
  }).values
}

function whole(option: string, text: string, least: number, most: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(number >= least && number <= most)) throw new ConfigError(`${option}: ${text} is not a number from ${least} to ${most}`)
  return number
}
