import { type Address, addressesOf, formatAddress, parseAddress } from '../../src/base/address.ts'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { ConfigError } from '../../src/base/errors.ts'
import { type Logger, silentLogger } from '../../src/base/logger.ts'
import { given, type SettingKinds } from '../../src/base/settings.ts'
import type { Mechanism } from '../../src/sasl/mechanism.ts'
import { type SocketAdapter, type TLSOptions, tlsSettings } from '../../src/socket/socket.ts'
import { subprotocol } from '../shared/bridge-wire.ts'
import { type ApiPolicy, apiPolicySettings, apisAllowed } from './api-policy.ts'
import { type Authenticator, type BridgeConfig, type BridgeLimits, bridgeSettings, defaultLimits } from './config.ts'
import { dialable, guarded } from './guard.ts'
import { parseIp } from './ip.ts'
import { portsOf } from './ports.ts'
import { clientAddress } from './proxies.ts'

/** A BridgeConfig checked, with its defaults filled in. */
export interface Settings {
  readonly targets: readonly Address[]
  readonly learnFrom: readonly Address[]
  /** Whether what a cluster advertises may be a target. */
  mayLearn(address: Address): boolean
  readonly authenticate: Authenticator
  readonly origins: ReadonlySet<string>
  readonly allowNoOrigin: boolean
  readonly tokenGrace: number
  /** Checks addresses before it dials. */
  readonly adapter: SocketAdapter
  readonly tls: TLSOptions | undefined
  readonly sasl: Mechanism | undefined
  /** The keys of the APIs that pass, for a client whose identity adds this policy to the bridge's. */
  apisFor(policy?: ApiPolicy): ReadonlySet<number>
  readonly limits: BridgeLimits
  readonly path: string
  readonly healthPath: string
  /** The client's address, of that of whoever has connected. */
  readonly remoteAddress: NonNullable<BridgeConfig['remoteAddress']>
  readonly logger: Logger
  readonly clock: Clock
  readonly subprotocol: string
  readonly confined: boolean
}

export function settingsOf(all: BridgeConfig): Settings {
  const config = given(
    'a bridge',
    all,
    bridgeSettings,
    "{ targets: ['host:port'], authenticate: signedTokens({ secret }).authenticate, origins: ['https://app.example'] }",
  )
  const {
    authenticate,
    origins = [],
    allowNoOrigin = false,
    tokenGrace = 0,
    trustedProxies = [],
    path = '/',
    healthPath = '/healthz',
  } = config
  const targets = (config.targets ?? []).map(targetOf)
  const learnFrom = config.learnTargets === undefined ? [] : addressesOf(config.learnTargets)
  if (targets.length + learnFrom.length === 0)
    throw new ConfigError('bridge: no targets: list the brokers as host:port, or the cluster to learn them from')
  if (origins.length === 0 && !allowNoOrigin) throw new ConfigError('bridge: no origins: nobody could connect')
  for (const origin of origins) checkOrigin(origin)
  if (!/^\/([\w.~-]+\/)*$/.test(path))
    throw new ConfigError(`bridge: the path "${path}" must begin and end with a slash`)
  if (!(tokenGrace >= 0)) throw new ConfigError('bridge: tokenGrace is a number of milliseconds, 0 or more')
  if (config.remoteAddress !== undefined && trustedProxies.length === 0)
    throw new ConfigError('bridge: remoteAddress needs trustedProxies: anybody may send headers')
  const hosts = [...targets, ...learnFrom].map(({ host }) => host)
  const allowAddresses = [...(config.allowAddresses ?? []), ...hosts.filter(host => parseIp(host) !== undefined)]
  const mayDial = dialable(allowAddresses)
  const mayHavePort = portsOf('learnPorts', config.learnPorts ?? learnFrom.map(({ port }) => port))
  const withSasl = config.sasl !== undefined
  const own = given('apis', config.apis ?? {}, apiPolicySettings)
  const apis = apisAllowed([own], withSasl)
  return {
    targets,
    learnFrom,
    mayLearn: ({ host, port }) => mayHavePort(port) && (parseIp(host) === undefined || mayDial(host)),
    authenticate,
    origins: new Set(origins),
    allowNoOrigin,
    tokenGrace,
    adapter: guarded({ adapter: config.adapter, resolve: config.resolve, mayDial, listedHosts: new Set(hosts) }),
    tls: config.tls === true ? {} : config.tls ? given('tls', config.tls, tlsSettings) : undefined,
    sasl: config.sasl,
    apisFor: policy => (policy === undefined ? apis : apisAllowed([own, policy], withSasl)),
    limits: limitsOf(config.limits ?? {}),
    path,
    healthPath,
    remoteAddress: clientAddress(trustedProxies, config.remoteAddress),
    logger: config.logger ?? silentLogger,
    clock: config.clock ?? systemClock,
    subprotocol: config.subprotocol ?? subprotocol,
    confined: config.confined ?? false,
  }
}

/** Exactly host:port, so that no default surprises anyone. */
function targetOf(text: string): Address {
  const address = parseAddress(text)
  if (formatAddress(address) !== text)
    throw new ConfigError(`bridge: the target "${text}" must be host:port, as ${formatAddress(address)}`)
  return address
}

function checkOrigin(origin: string): void {
  let parsed: URL | undefined
  try {
    parsed = new URL(origin)
  } catch {
    // Said below.
  }
  // Schemes of the web have an origin; those of extensions and apps have none that URL knows.
  if (parsed === undefined || (parsed.origin !== 'null' && parsed.origin !== origin))
    throw new ConfigError(`bridge: "${origin}" is no origin as browsers send it, which look like https://app.example`)
}

const limitSettings = Object.fromEntries(Object.keys(defaultLimits).map(name => [name, 'number'])) as SettingKinds<
  Partial<BridgeLimits>
>

function limitsOf(config: Partial<BridgeLimits>): BridgeLimits {
  const limits = given('limits', config, limitSettings)
  for (const [name, value] of Object.entries(limits)) {
    if (!(typeof value === 'number' && value > 0))
      throw new ConfigError(`bridge: the limit ${name} must be a number above 0, not ${value}`)
  }
  return { ...defaultLimits, ...limits }
}
