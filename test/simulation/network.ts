import { type Address, formatAddress } from '../../src/base/address.ts'
import { ConnectionError } from '../../src/base/errors.ts'
import type { Broker } from '../../src/broker/index.ts'
import type { Socket, SocketAdapter } from '../../src/socket/socket.ts'
import type { Chance } from './chance.ts'
import type { WorldClock } from './clock.ts'
import { type End, Line, LineSocket } from './line.ts'

/** How it is between a host and a broker. Faults change it; lines look at it for each piece they carry. */
export interface Link {
  /** Milliseconds one way, and how much chance adds. */
  latency: number
  jitter: number
  /** Bytes a millisecond. */
  bandwidth: number
  /** Nothing gets through to the broker, or from it: what is sent waits, as TCP repeats it. */
  upCut: boolean
  downCut: boolean
  /** Dials: taken, refused, or never answered. */
  dials: 'taken' | 'refused' | 'ignored'
}

interface Dialer {
  readonly host: string
  readonly isAsleep: () => boolean
}

export interface Connection {
  readonly host: string
  readonly broker: number
  readonly up: Line
  readonly down: Line
  readonly socket: LineSocket
}

/** Of a peer that takes nothing, TCP gives up after so long. */
const tcpPatience = 20_000

/**
 * The lines between hosts and the brokers of a cluster. Names may lead elsewhere than before (`moveName`); bytes take
 * their time and come in order.
 */
export class Network {
  readonly connections = new Set<Connection>()
  /** Hosts that no fault concerns: names lead them to where they should. */
  readonly sound = new Set<string>()
  dials = 0
  readonly #clock: WorldClock
  readonly #broker: Broker
  readonly #chance: Chance
  readonly #links = new Map<string, Link>()
  /** Which broker a name leads to; −1 for nobody. */
  readonly #names = new Map<string, number>()
  /** Of brokers that moved. */
  readonly #addresses = new Map<number, string>()

  constructor(clock: WorldClock, broker: Broker, chance: Chance) {
    this.#clock = clock
    this.#broker = broker
    this.#chance = chance
    for (const id of broker.brokerIds) this.#names.set(broker.address(id), id)
  }

  link(host: string, broker: number): Link {
    const name = `${host}>${broker}`
    let link = this.#links.get(name)
    if (link === undefined) {
      const chance = this.#chance.of(name)
      link = {
        latency: chance.pick([0.1, 0.5, 2, 20]),
        jitter: chance.pick([0, 0.2, 5]),
        bandwidth: chance.pick([100, 1_000, 100_000]),
        upCut: false,
        downCut: false,
        dials: 'taken',
      }
      this.#links.set(name, link)
    }
    return link
  }

  /** Every link of these hosts to these brokers that may be hit. */
  links(hosts: readonly string[], brokers: readonly number[]): Link[] {
    return hosts.filter(host => !this.sound.has(host)).flatMap(host => brokers.map(broker => this.link(host, broker)))
  }

  /** The connections that may be hit. */
  exposed(): Connection[] {
    return [...this.connections].filter(({ host }) => !this.sound.has(host))
  }

  /** A broker is to be found at another address from now on, and at its old one no more. */
  moveBroker(broker: number): void {
    const before = this.#addresses.get(broker) ?? this.#broker.address(broker)
    const [host, port] = before.split(':') as [string, string]
    const address = `${host}:${Number(port) + 1}`
    this.#names.set(before, -1)
    this.#names.set(address, broker)
    this.#addresses.set(broker, address)
  }

  moveName(address: string, broker: number): void {
    this.#names.set(address, broker)
  }

  /** What waited for a link to be mended goes on. */
  mended(): void {
    for (const { up, down } of [...this.connections]) {
      up.go()
      down.go()
    }
  }

  /** Ends a connection as a reset does, for both ends, or for one: the other hears nothing of it. */
  reset({ socket, up, down, broker }: Connection, whom: 'both' | End = 'both'): void {
    const error = new ConnectionError(this.#broker.address(broker), 'the peer reset the connection')
    if (whom !== 'broker') socket.break(error)
    if (whom !== 'client') {
      up.fail(error)
      down.cut()
    }
  }

  /** `isAsleep`: whether the host is: then nothing of what comes is read. */
  adapter(host: string, isAsleep: () => boolean): SocketAdapter {
    return { name: 'simulated', dial: (address, { signal }) => this.#dial({ host, isAsleep }, address, signal) }
  }

  async #dial(from: Dialer, address: Address, signal: AbortSignal | undefined): Promise<Socket> {
    this.dials++
    const at = formatAddress(address)
    const id = this.sound.has(from.host) ? this.#brokerAt(at) : (this.#names.get(at) ?? -1)
    if (id < 0) {
      await this.#wait(1, signal)
      throw new ConnectionError(at, 'getaddrinfo ENOTFOUND: no such name', { sent: false })
    }
    const link = this.link(from.host, id)
    // A lost SYN is sent again after a second, and so on: the dial goes through when the link is mended.
    for (let repeat = 1_000; link.dials === 'ignored' || link.upCut || link.downCut; repeat *= 2)
      await this.#wait(repeat, signal)
    await this.#wait(this.#delay(link), signal)
    if (link.dials === 'refused' || !this.#broker.isRunning(id))
      throw new ConnectionError(at, 'connection refused', { sent: false })
    await this.#wait(this.#delay(link), signal)
    if (!this.#broker.isRunning(id)) throw new ConnectionError(at, 'connection refused', { sent: false })
    return this.#open(from, id, at, link)
  }

  #open({ host, isAsleep }: Dialer, id: number, at: string, link: Link): Socket {
    const lost = (): unknown => new ConnectionError(at, 'connection timed out: the peer takes nothing')
    const line = (isCut: () => boolean, isAsleep: () => boolean): Line =>
      new Line(this.#clock, {
        delay: () => this.#delay(link),
        bandwidth: () => link.bandwidth,
        isCut,
        isAsleep,
        patience: tcpPatience,
        lost,
      })
    const up = line(
      () => link.upCut,
      () => false,
    )
    const down = line(() => link.downCut, isAsleep)
    const gone = new ConnectionError(at, 'the peer reset the connection')
    const client = new LineSocket(at, down, up, gone)
    const server = new LineSocket(at, up, down, gone)
    const connection: Connection = { host, broker: id, up, down, socket: client }
    this.connections.add(connection)
    client.onEnd = () => this.connections.delete(connection)
    const listener = { address: (broker: number) => this.#addressOf(broker) }
    void this.#broker.serve(id, server, listener, host)
    return client
  }

  #brokerAt(address: string): number {
    const { brokerIds } = this.#broker
    return brokerIds.find(id => [this.#broker.address(id), this.#addresses.get(id)].includes(address)) ?? -1
  }

  #addressOf(broker: number): Address | undefined {
    if (!this.#broker.brokerIds.includes(broker)) return undefined
    const [host, port] = (this.#addresses.get(broker) ?? this.#broker.address(broker)).split(':') as [string, string]
    return { host, port: Number(port) }
  }

  #delay({ latency, jitter }: Link): number {
    return latency + this.#chance.number() * jitter
  }

  #wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const cancel = this.#clock.after(milliseconds, () => {
        signal?.removeEventListener('abort', end)
        resolve()
      })
      const end = (): void => {
        cancel()
        reject(signal!.reason)
      }
      signal?.addEventListener('abort', end, { once: true })
    })
  }
}
