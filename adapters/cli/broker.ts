import { isLoopback } from '../../src/base/hosts.ts'
import type { BrokerTopic } from '../../src/broker/index.ts'
import type { ListenTLSOptions } from '../broker/index.ts'
import { natives } from '../node/index.ts'
import { type Command, exitStatus, UsageError, untilStopped } from './command.ts'
import { fileOf, parseOptions, whole } from './options.ts'

export const brokerCommand: Command = {
  name: 'broker',
  summary: 'an in-memory Kafka on TCP ports, for tests and demos',
  help: `usage: isokafka broker [options]

Keeps an in-memory Kafka cluster on TCP ports until it is stopped. What it holds is gone then.

  --host address               where to listen, and what is advertised; 127.0.0.1 by default
  --port number                the first broker's port, the others follow; 9092 by default, 0 takes free ones
  --brokers number             1 by default
  --topic name[:partitions]    a topic to begin with, of 1 partition by default; may be repeated
  --user name:password         who may connect, by SASL PLAIN or SCRAM; may be repeated. By default all may
  --cert file, --key file      speak TLS, and show this certificate (PEM)

examples:
  isokafka broker
  isokafka broker --port 19092 --brokers 3 --topic orders:6 --topic news
  isokafka broker --user alice:secret
  isokafka broker --host 192.0.2.1 --user alice:secret --cert broker.pem --key broker-key.pem`,

  async run(args, { print, warn, signal }) {
    const { host, port, brokers, topics, users, tls } = brokerOptions(args)
    // No other command should take the time to load it.
    const [{ Broker }, { listen }] = await Promise.all([
      import('../../src/broker/index.ts'),
      import('../broker/index.ts'),
    ])
    const logger = {
      debug: () => {},
      info: print,
      warn,
      error: (message: string, error: unknown) => warn(`${message}: ${error}`),
    }
    const broker = new Broker({ brokers, topics, natives, logger, ...(users === undefined ? {} : { users }) })
    try {
      const listening = await listen(broker, { host, port, ...(tls && { tls }) })
      const danger = isLoopback(host) ? undefined : exposed(users !== undefined, tls !== undefined)
      if (danger !== undefined) warn(`isokafka: ${host} can be reached from other machines: ${danger}`)
      print(`An embedded broker listens on ${listening.addresses.join(', ')}; what it holds is gone when it stops.`)
      await untilStopped(signal)
      await listening.close()
    } finally {
      await broker.close()
    }
    return exitStatus.done
  },
}

/** What an address that others reach comes to. */
function exposed(hasUsers: boolean, isSecure: boolean): string | undefined {
  if (!hasUsers) return 'whoever does may read, write and delete everything (--user asks for a password)'
  return isSecure ? undefined : 'passwords and messages pass in the clear (--cert and --key have it speak TLS)'
}

/** What the arguments ask for; a UsageError when they make no sense. */
export function brokerOptions(args: readonly string[]): {
  host: string
  port: number
  brokers: number
  topics: BrokerTopic[]
  users: Record<string, string> | undefined
  tls: ListenTLSOptions | undefined
} {
  const values = parseOptions(args, {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '9092' },
    brokers: { type: 'string', default: '1' },
    topic: { type: 'string', multiple: true, default: [] as string[] },
    user: { type: 'string', multiple: true, default: [] as string[] },
    cert: { type: 'string' },
    key: { type: 'string' },
  })
  const brokers = whole('--brokers', values.brokers, 1, 100)
  const port = whole('--port', values.port, 0, 65535)
  if (port + brokers - 1 > 65535)
    throw new UsageError(`--port: after ${port} there are no ports for ${brokers} brokers`)
  const topics = values.topic.map(text => {
    const [, name, partitions = '1'] = /^([^:]+)(?::(.*))?$/.exec(text) ?? []
    if (name === undefined) throw new UsageError(`--topic: "${text}" is not name or name:partitions`)
    return { name, partitions: whole('--topic', partitions, 1, 10_000) }
  })
  const users = values.user.map(text => {
    const [, name, password] = /^([^:]+):(.+)$/s.exec(text) ?? []
    // The text may be a password alone: it is not repeated.
    if (name === undefined || password === undefined) throw new UsageError('--user: not name:password')
    return [name, password] as const
  })
  const { cert, key } = values
  if ((cert === undefined) !== (key === undefined))
    throw new UsageError('--cert and --key go together: a certificate is nothing without its key')
  return {
    host: values.host,
    port,
    brokers,
    topics,
    users: users.length > 0 ? Object.fromEntries(users) : undefined,
    tls:
      cert === undefined || key === undefined ? undefined : { cert: fileOf('--cert', cert), key: fileOf('--key', key) },
  }
}
