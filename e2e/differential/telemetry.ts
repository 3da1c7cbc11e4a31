import { ApiVersions } from '../../src/protocol/api-versions.ts'
import { DescribeConfigs } from '../../src/protocol/describe-configs.ts'
import { GetTelemetrySubscriptions } from '../../src/protocol/get-telemetry-subscriptions.ts'
import { IncrementalAlterConfigs } from '../../src/protocol/incremental-alter-configs.ts'
import { PushTelemetry } from '../../src/protocol/push-telemetry.ts'
import type { BrokerConnection } from '../../src/socket/connection.ts'
import type { Peer } from './peer.ts'

// What clients report of themselves (KIP-714). Kafka tells of these APIs only where it has a plugin that takes reports.
// Without one it answers them all the same, but for reports that say anything.

const zero = 'AAAAAAAAAAAAAAAAAAAAAA'
const metricsType = 16
const setting = 0
const day = '86400000'

/** One client, and what it is told. */
class Reporter {
  readonly #peer: Peer
  readonly #connection: BrokerConnection | undefined
  id = zero
  subscriptionId = 0

  constructor(peer: Peer, connection?: BrokerConnection) {
    this.#peer = peer
    this.#connection = connection
  }

  /** Asks, and writes down what two brokers have in common. */
  async get(what: string, clientInstanceId = this.id): Promise<void> {
    const on = this.#connection ?? (await this.#peer.connect())
    const told = await on.request(GetTelemetrySubscriptions, { clientInstanceId }, { version: 0 })
    const { clientInstanceId: id, subscriptionId, requestedMetrics, ...rest } = told
    this.#peer.note(`GetTelemetrySubscriptions ${what}`, {
      ...rest,
      requestedMetrics: [...requestedMetrics].sort(),
      isOurs: id === clientInstanceId,
      isZero: id === zero,
      isSame: subscriptionId === this.subscriptionId,
    })
    if (told.errorCode !== 0) return
    this.id = id
    this.subscriptionId = subscriptionId
  }

  async push(what: string, more: object = {}): Promise<number> {
    const on = this.#connection ?? (await this.#peer.connect())
    const request = {
      clientInstanceId: this.id,
      subscriptionId: this.subscriptionId,
      terminating: false,
      compressionType: 0,
      metrics: new Uint8Array(0),
      ...more,
    }
    const { errorCode } = await on.request(PushTelemetry, request, { version: 0 })
    this.#peer.note(`PushTelemetry ${what}`, errorCode)
    return errorCode
  }
}

/** Sets a subscription and waits until the broker has it. */
async function subscribe(peer: Peer, name: string, values: Readonly<Record<string, string>>): Promise<void> {
  const configs = Object.entries(values).map(([key, value]) => ({ name: key, value, configOperation: setting }))
  const resource = { resourceType: metricsType, resourceName: name }
  await peer.ask(IncrementalAlterConfigs, 1, { resources: [{ ...resource, configs }], validateOnly: false })
  await peer.settle(
    DescribeConfigs,
    4,
    { resources: [{ ...resource, configurationKeys: null }], includeSynonyms: false, includeDocumentation: false },
    ({ results }) =>
      Object.entries(values).every(([key, value]) =>
        results[0]!.configs.some(config => config.name === key && config.value === value),
      ),
  )
}

async function unsubscribe(peer: Peer, name: string, keys: readonly string[]): Promise<void> {
  const configs = keys.map(key => ({ name: key, value: null, configOperation: 1 }))
  const resources = [{ resourceType: metricsType, resourceName: name, configs }]
  await peer.ask(IncrementalAlterConfigs, 1, { resources, validateOnly: false })
}

export async function reports(peer: Peer, unique: string): Promise<void> {
  const nobody = new Reporter(peer)
  await nobody.push('without an id', { clientInstanceId: zero })
  await nobody.push('under an id of Kafka’s', { clientInstanceId: 'AAAAAAAAAAAAAAAAAAAAAQ' })
  const a = new Reporter(peer)
  await a.get('for the first time')
  await a.get('too soon')
  await a.push('after a refusal')
  await a.push('too soon')
  await a.push('too soon, of another subscription', { subscriptionId: a.subscriptionId + 1 })
  await a.push('for the last time', { terminating: true })
  await a.push('after the last time')
  await a.push('once more')
  const b = new Reporter(peer)
  await b.get('as another')
  await b.push('by another subscription', { subscriptionId: b.subscriptionId + 1 })
  await b.get('at once, after an unknown subscription')
  await b.push('as told')
  const c = new Reporter(peer)
  await c.get('as a third')
  await c.push('by a codec there is not', { compressionType: 5 })
  await c.get('at once, after a strange codec')
  await c.push('too much', { metrics: new Uint8Array(1_048_577) })
  const e = new Reporter(peer)
  e.id = 'BBBBBBBBBBBBBBBBBBBBBA'
  await e.push('without having asked')
  await e.get('after that')
  const f = new Reporter(peer)
  await f.get('with an id of its own', 'CCCCCCCCCCCCCCCCCCCCCA')
  await f.push('with it, for the last time', { terminating: true, subscriptionId: 1 })
  await f.get('after the last time')
  peer.note('unique', unique.length > 0)
}

export async function subscriptions(peer: Peer, unique: string): Promise<void> {
  const [one, two, three] = ['one', 'two', 'three'].map(each => `${unique}-${each}`) as [string, string, string]
  const early = new Reporter(peer, await peer.connect(`${unique}-early`))
  await early.get('before anything is wanted')
  await subscribe(peer, one, { metrics: 'b.,a.', 'interval.ms': '60000', match: `client_id=${unique}-.*` })
  await early.get('again, as that has changed')
  await early.get('again, as nothing has changed')
  await early.push('by the new one')
  await subscribe(peer, two, { metrics: 'c.,a.', 'interval.ms': day.slice(0, 6), match: 'client_software_name=nobody' })
  await subscribe(peer, three, { metrics: 'd.', 'interval.ms': '100', match: `client_id=${unique}-la` })
  const late = new Reporter(peer, await peer.connect(`${unique}-late`))
  await late.get('of a client that one is for')
  const other = new Reporter(peer, await peer.connect(`other-${unique}`))
  await other.get('of a client that none is for')
  const named = await peer.connect(`${unique}-named`)
  await named.request(ApiVersions, { clientSoftwareName: 'nobody', clientSoftwareVersion: '1.2' }, { version: 3 })
  const both = new Reporter(peer, named)
  await both.get('of a client that two are for')
  await subscribe(peer, three, {
    metrics: '*',
    'interval.ms': '100',
    match: `client_id=${unique}-[a-z]+,client_software_version=1\\.\\d`,
  })
  await both.get('of a client that all is wanted of')
  await both.push('at once')
  await late.get('of one whose version is another')
  await new Promise(resolve => setTimeout(resolve, 150))
  await both.push('after the interval')
  for (const name of [one, two, three]) await unsubscribe(peer, name, ['metrics', 'interval.ms', 'match'])
  // Gone when a new client is told nothing.
  for (let tries = 0; tries < 100; tries++) {
    const on = await peer.connect(`${unique}-gone`)
    const { requestedMetrics, errorCode } = await on.request(
      GetTelemetrySubscriptions,
      { clientInstanceId: zero },
      { version: 0 },
    )
    on.abort()
    if (errorCode === 0 && requestedMetrics.length === 0) break
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
