import type { ServeOptions } from '../bridge/index.ts'
import { type SignedTokens, signedTokens } from '../bridge/token.ts'
import { UsageError } from './command.ts'
import { fileOf, parseOptions, whole } from './options.ts'
import { saslHelp, saslOf, saslOptions } from './sasl-options.ts'

export const bridgeHelp = `usage: isokafka bridge (--target host:port | --learn host:port)… (--origin URL | --allow-no-origin)… [options]
       isokafka bridge token --id name [--target host:port]… [--ttl 600000]

Carries WebSockets of browsers to Kafka brokers. The secret that tokens are signed with is in the environment,
ISOKAFKA_BRIDGE_SECRET, or in the file that --secret-file names: 32 bytes or more.

  --target host:port        a broker that may be reached; may be repeated
  --learn host:port         reach every broker of the cluster found there
  --learn-port ports        ports of the brokers found so, as 9092 or 9092-9094; that of --learn by default; may be repeated
  --origin URL              pages of this origin may connect, as https://app.example; may be repeated
  --allow-no-origin         programs outside of browsers may connect
  --allow-api name          requests of this API pass, too, as CreateTopics; all: any; may be repeated
  --deny-api name           requests of this API don't; may be repeated
  --allow-address range     brokers may have these addresses though they are not public, as 10.0.0.0/8; may be repeated
  --host, --port            where to listen; 127.0.0.1 and 8093 by default
  --cert, --key             PEM files: serve wss
  --secret-file path        read the secret from a file
  --audience name           take, and sign, tokens for this audience alone
  --single-use              each token opens one connection
  --token-grace ms          connections may outlive their token so long; 0 by default
  --trust-proxy range       a proxy in front, whose x-forwarded-for is believed, as 10.0.0.7; may be repeated
  --cookie name             take tokens from this cookie, too
  --tls                     speak TLS to the brokers; --tls-ca, --tls-cert, --tls-key name PEM files
${saslHelp('ISOKAFKA_BRIDGE')}
  --connections number      at most so many at a time; 1000 by default
  --metrics-port port       metrics at http://127.0.0.1:port/metrics

examples:
  export ISOKAFKA_BRIDGE_SECRET=$(openssl rand -hex 32)
  isokafka bridge --learn localhost:9092 --allow-address 127.0.0.1 --origin http://localhost:5173
  isokafka bridge --target kafka-1:9093 --target kafka-2:9093 --allow-address 10.0.0.0/8 --tls --origin https://app.example
  isokafka bridge token --id alice --ttl 600000`

const text = { type: 'string' } as const
const texts = { type: 'string', multiple: true, default: [] as string[] } as const

const sharedOptions = {
  'secret-file': text,
  target: texts,
  audience: text,
  'single-use': { type: 'boolean', default: false },
} as const
const tokenOptions = { id: text, ttl: { type: 'string', default: '600000' } } as const
const serveOptions = {
  learn: texts,
  'learn-port': texts,
  origin: texts,
  'allow-no-origin': { type: 'boolean', default: false },
  'allow-address': texts,
  'allow-api': texts,
  'deny-api': texts,
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '8093' },
  cert: text,
  key: text,
  cookie: text,
  'token-grace': { type: 'string', default: '0' },
  'trust-proxy': texts,
  tls: { type: 'boolean', default: false },
  'tls-ca': text,
  'tls-cert': text,
  'tls-key': text,
  ...saslOptions,
  connections: { type: 'string', default: '1000' },
  'metrics-port': text,
} as const

type Environment = Readonly<Record<string, string | undefined>>

/** What the arguments ask for; a UsageError when they make no sense. */
export function bridgeOptions(args: readonly string[], environment: Environment): ServeOptions {
  const values = parseOptions(args, { ...sharedOptions, ...serveOptions })
  const file = (name: 'cert' | 'key' | 'tls-ca' | 'tls-cert' | 'tls-key'): string | undefined =>
    values[name] === undefined ? undefined : fileOf(`--${name}`, values[name])
  if (values.target.length + values.learn.length === 0) throw new UsageError('which brokers? give --target or --learn')
  if (values.origin.length === 0 && !values['allow-no-origin'])
    throw new UsageError('who may connect? give --origin or --allow-no-origin')
  const tls = { ca: file('tls-ca'), cert: file('tls-cert'), key: file('tls-key') }
  const sasl = saslOf(values, environment, 'ISOKAFKA_BRIDGE')
  const cert = file('cert')
  const key = file('key')
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--cert and --key belong together')
  return {
    targets: values.target,
    ...(values.learn.length > 0 && { learnTargets: values.learn }),
    ...(values['learn-port'].length > 0 && { learnPorts: values['learn-port'] }),
    allowAddresses: values['allow-address'],
    apis: {
      allow: values['allow-api'].includes('all') ? 'all' : values['allow-api'],
      deny: values['deny-api'],
    },
    origins: values.origin,
    allowNoOrigin: values['allow-no-origin'],
    authenticate: tokensOf(values, environment, values.cookie === undefined ? {} : { cookie: values.cookie })
      .authenticate,
    tokenGrace: whole('--token-grace', values['token-grace'], 0, 86_400_000),
    trustedProxies: values['trust-proxy'],
    host: values.host,
    port: whole('--port', values.port, 0, 65535),
    ...(cert !== undefined && key !== undefined && { certificate: { cert, key } }),
    ...((values.tls || Object.values(tls).some(text => text !== undefined)) && { tls: defined(tls) }),
    ...(sasl !== undefined && { sasl }),
    ...(values['metrics-port'] !== undefined && {
      metricsPort: whole('--metrics-port', values['metrics-port'], 0, 65535),
    }),
    limits: { connections: whole('--connections', values.connections, 1, 1_000_000) },
  }
}

/** Of `isokafka bridge token`: the token. */
export function bridgeToken(args: readonly string[], environment: Environment): Promise<string> {
  const values = parseOptions(args, { ...sharedOptions, ...tokenOptions })
  if (values.id === undefined) throw new UsageError('--id is wanted: who is the token for?')
  const targets = values.target.length > 0 ? { targets: values.target } : {}
  return tokensOf(values, environment, { ttl: whole('--ttl', values.ttl, 1, 86_400_000) }).sign({
    id: values.id,
    ...targets,
  })
}

function tokensOf(
  values: { 'secret-file'?: string | undefined; audience?: string | undefined; 'single-use': boolean },
  environment: Environment,
  more: { ttl?: number; cookie?: string },
): SignedTokens {
  const path = values['secret-file']
  const secret = path === undefined ? environment['ISOKAFKA_BRIDGE_SECRET'] : fileOf('--secret-file', path).trim()
  if (secret === undefined || secret === '')
    throw new UsageError('no secret: set ISOKAFKA_BRIDGE_SECRET, or name a --secret-file')
  const { audience } = values
  return signedTokens({ secret, singleUse: values['single-use'], ...(audience !== undefined && { audience }), ...more })
}

function defined<T extends object>(values: T): { [K in keyof T]: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: NonNullable<T[K]>
  }
}
