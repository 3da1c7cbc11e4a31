import { type Address, defaultPort, formatAddress } from '../base/address.ts'
import { refuseMore, signalOf } from '../base/call-options.ts'
import { traced } from '../base/call-site.ts'
import { systemClock } from '../base/clock.ts'
import { Deadline } from '../base/deadline.ts'
import { ConfigError, TimeoutError } from '../base/errors.ts'
import { shown } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import type { TransportConfig } from '../transport/config.ts'
import { hostOf, hostsOf } from '../transport/hosts.ts'
import type { Broker, Partition } from '../transport/layout.ts'
import { Lifetime } from '../transport/lifetime.ts'
import { LoneConnection, loneSettings } from '../transport/lone-connection.ts'
import { lookUpBy } from '../transport/resolver.ts'
import { retry } from '../transport/retry.ts'
import type { ConnConfig } from './config.ts'
import { Conn } from './conn.ts'
import { type DialerConfig, dialerConfig, dialTimeoutOf, transportConfigOf } from './dialer-config.ts'

/** Between two looks for a partition that is not there, or has no leader. */
const lookBackoff = { min: 100, max: 10_000 }

/** Opens connections to brokers. It keeps none: whoever dials closes what comes of it. */
export class Dialer {
  readonly #config: DialerConfig

  /** Throws a ConfigError for settings that can't work, here or at all. */
  constructor(config: DialerConfig = {}) {
    this.#config = dialerConfig(config)
  }

  /** Connects to a broker, for what is no partition's: `dial('tcp', 'host:9092')`. */
  dial(network: 'tcp', address: string, options?: CallOptions, ...extra: never[]): Promise<Conn> {
    return this.#call('dial', options, extra, signal => this.#connect(network, address, {}, signal))
  }

  /**
   * Connects to the leader of a partition, found by asking the broker at the address. Waits for the partition to be
   * there and have a leader, for `timeout` at most.
   */
  dialLeader(
    network: 'tcp',
    address: string,
    topic: string,
    partition: number,
    options?: CallOptions,
    ...extra: never[]
  ): Promise<Conn> {
    return this.#call('dialLeader', options, extra, async signal => {
      const found = await this.#find(network, address, topic, partition, hasLeader, signal)
      return this.#connectTo(network, found, signal)
    })
  }

  /**
   * Connects to the leader of a partition as lookupPartition or lookupPartitions described it. The address goes unused:
   * the description has the leader's.
   */
  dialPartition(
    network: 'tcp',
    address: string,
    partition: Partition,
    options?: CallOptions,
    ...extra: never[]
  ): Promise<Conn> {
    return this.#call('dialPartition', options, extra, async signal => {
      if (typeof address !== 'string') throw new ConfigError(`an address is host:port, not ${shown(address)}`)
      if (typeof partition?.leader !== 'object' || partition.leader === null)
        throw new ConfigError(`a partition is what lookupPartition() answers, not ${shown(partition)}`)
      return this.#connectTo(network, partition, signal)
    })
  }

  /** The broker that leads a partition. Waits as dialLeader does. */
  lookupLeader(
    network: 'tcp',
    address: string,
    topic: string,
    partition: number,
    options?: CallOptions,
    ...extra: never[]
  ): Promise<Broker> {
    return this.#call('lookupLeader', options, extra, async signal => {
      const { leader } = await this.#find(network, address, topic, partition, hasLeader, signal)
      return leader
    })
  }

  /** A partition with its brokers. Waits for it to be there, for `timeout` at most. */
  lookupPartition(
    network: 'tcp',
    address: string,
    topic: string,
    partition: number,
    options?: CallOptions,
    ...extra: never[]
  ): Promise<Partition> {
    return this.#call('lookupPartition', options, extra, signal =>
      this.#find(network, address, topic, partition, () => true, signal),
    )
  }

  /** All partitions of a topic, with their brokers. Rejects with the topic's KafkaError. */
  lookupPartitions(
    network: 'tcp',
    address: string,
    topic: string,
    options?: CallOptions,
    ...extra: never[]
  ): Promise<Partition[]> {
    return this.#call('lookupPartitions', options, extra, async signal => {
      checkTopic(topic)
      const conn = await this.#connect(network, address, {}, signal)
      try {
        return await conn.readPartitions(topic, { signal })
      } finally {
        await conn.close()
      }
    })
  }

  /** The same settings for a Transport; a Reader's and a ConsumerGroup's `dialer` is asked for them. */
  transportConfig(...extra: never[]): TransportConfig {
    refuseMore('transportConfig', extra)
    return transportConfigOf(this.#config)
  }

  async #call<T>(
    method: string,
    options: CallOptions | undefined,
    extra: readonly unknown[],
    task: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const signal = signalOf(method, options, extra) ?? new AbortController().signal
    signal.throwIfAborted()
    return await traced(task(signal))
  }

  async #connect(network: string, address: string, config: ConnConfig, signal: AbortSignal): Promise<Conn> {
    if (network !== 'tcp') throw new ConfigError(`the network is 'tcp', not ${shown(network)}`)
    if (typeof address !== 'string') throw new ConfigError(`an address is host:port, not ${shown(address)}`)
    const { host, port } = hostOf(address)
    const { clientId, transactionalId, clock = systemClock } = this.#config
    const deadline = new Deadline(dialTimeoutOf(this.#config), clock)
    const settings = loneSettings(transportConfigOf(this.#config))
    const late = (): unknown => new TimeoutError(`${host}: not resolved in time`)
    const found = await deadline.bound(this.#resolve(host, port, signal), late, { signal })
    const connection = await LoneConnection.open(settings, found.address, {
      signal,
      timeoutMs: Math.max(1, Math.ceil(deadline.remaining)),
      lookUp: found.hosts && (async () => found.hosts!),
    })
    return new Conn(connection, {
      ...config,
      ...(clientId !== undefined && { clientId }),
      ...(transactionalId !== undefined && { transactionalId }),
    })
  }

  /** The hosts to dial for a name, if the resolver has any, and the port: the address's own, else the one they name. */
  async #resolve(
    host: string,
    port: number | undefined,
    signal: AbortSignal,
  ): Promise<{ address: Address; hosts: readonly string[] | undefined }> {
    const { resolver } = this.#config
    const address = { host, port: port ?? defaultPort }
    if (resolver === undefined) return { address, hosts: undefined }
    let named: number | undefined
    // What the user's code answers and throws is seen to there.
    const hosts = await lookUpBy({
      async lookupBrokerIpAddr(_broker, options) {
        const found = await hostsOf(resolver, host, options)
        const ports = new Set(found.map(each => each.port))
        if (port === undefined && ports.size > 1)
          throw new ConfigError(`${host}: the resolver names several ports, ${[...ports].join(', ')}: a dial has one`)
        named = found[0]?.port
        return found.length === 0 ? [host] : found.map(each => each.host)
      },
    })(address, signal)
    return { address: { host, port: port ?? named ?? defaultPort }, hosts }
  }

  #connectTo(network: string, { topic, id, leader }: Partition, signal: AbortSignal): Promise<Conn> {
    if (leader.id < 0 || leader.host === '') throw new KafkaError(ErrorCode.LeaderNotAvailable, `${topic}/${id}`)
    const config = { topic, partition: id, broker: leader.id, rack: leader.rack }
    return this.#connect(network, formatAddress(leader), config, signal)
  }

  /** Asks the broker at the address until it tells of the partition as wanted, on the same connection while that lasts. */
  async #find(
    network: string,
    address: string,
    topic: string,
    partition: number,
    wanted: (found: Partition) => boolean,
    signal: AbortSignal,
  ): Promise<Partition> {
    checkTopic(topic)
    if (!Number.isInteger(partition) || partition < 0)
      throw new ConfigError(`a partition is a whole number from 0 up, not ${shown(partition)}`)
    const name = `${topic}/${partition}`
    const { clock = systemClock } = this.#config
    let conn: Conn | undefined = await this.#connect(network, address, {}, signal)
    const look = async (): Promise<Partition> => {
      conn ??= await this.#connect(network, address, {}, signal)
      try {
        const found = (await conn.readPartitions(topic, { signal })).find(({ id }) => id === partition)
        if (found === undefined) throw new KafkaError(ErrorCode.UnknownTopicOrPartition, name)
        if (!wanted(found)) throw new KafkaError(ErrorCode.LeaderNotAvailable, name)
        return found
      } catch (error) {
        if (!(error instanceof KafkaError)) {
          void conn.close()
          conn = undefined
        }
        throw error
      }
    }
    try {
      return await retry(look, {
        deadline: new Deadline(dialTimeoutOf(this.#config), clock),
        backoff: lookBackoff,
        clock,
        lifetime: new Lifetime(clock),
        late: last => last ?? new TimeoutError(`${address}: ${name} was not found in time`),
        signal,
      })
    } finally {
      await conn?.close()
    }
  }
}

function hasLeader({ leader }: Partition): boolean {
  return leader.id >= 0 && leader.host !== ''
}

function checkTopic(topic: string): void {
  if (typeof topic !== 'string' || topic === '') throw new ConfigError(`a topic's name is wanted, not ${shown(topic)}`)
}
