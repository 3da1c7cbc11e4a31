import { Client } from '../../src/client/client.ts'
import { Transport } from '../../src/transport/transport.ts'
import type { CommandContext } from './command.ts'
import { fileOf } from './options.ts'
import { saslHelp, saslOf, saslOptions } from './sasl-options.ts'

const text = { type: 'string' } as const

export const clusterOptions = {
  brokers: { type: 'string', short: 'b' },
  tls: { type: 'boolean', default: false },
  'tls-ca': text,
  'tls-cert': text,
  'tls-key': text,
  ...saslOptions,
} as const

export const clusterHelp = `  -b, --brokers list        where the cluster is, as host:port,host:port; or KAFKA_BROKERS in the environment; localhost:9092 by default
  --tls                     speak TLS; --tls-ca, --tls-cert, --tls-key name PEM files
${saslHelp('ISOKAFKA')}`

type Values = { readonly [name in Exclude<keyof typeof clusterOptions, 'tls'>]?: string | undefined } & {
  readonly tls: boolean
}

/** A cluster, and the connections to it. */
export interface ClusterAccess {
  readonly addr: readonly string[]
  readonly transport: Transport
  readonly client: Client
}

/** Works with the cluster that the command line and the environment name. */
export async function withCluster<T>(
  values: Values,
  { environment, warn }: CommandContext,
  work: (cluster: ClusterAccess) => Promise<T>,
): Promise<T> {
  const addr = (values.brokers ?? environment['KAFKA_BROKERS'] ?? 'localhost:9092').split(',').map(each => each.trim())
  const pem = (name: 'tls-ca' | 'tls-cert' | 'tls-key'): string | undefined => {
    const path = values[name]
    return path === undefined ? undefined : fileOf(`--${name}`, path)
  }
  const files = Object.entries({ ca: pem('tls-ca'), cert: pem('tls-cert'), key: pem('tls-key') })
  const tls = Object.fromEntries(files.filter(([, content]) => content !== undefined))
  const sasl = saslOf(values, environment, 'ISOKAFKA')
  const transport = new Transport({
    logger: { debug() {}, info() {}, warn, error: message => warn(message) },
    ...((values.tls || Object.keys(tls).length > 0) && { tls }),
    ...(sasl && { sasl }),
  })
  try {
    return await work({ addr, transport, client: new Client({ addr, transport }) })
  } finally {
    await transport.close()
  }
}
