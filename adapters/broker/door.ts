import * as net from 'node:net'
import * as tls from 'node:tls'
import type { Address } from '../../src/base/address.ts'
import { ConfigError, messageOf } from '../../src/base/errors.ts'
import type { Broker, Listener } from '../../src/broker/index.ts'
import { notListening } from '../shared/not-listening.ts'
import { AcceptedSocket } from './accepted-socket.ts'
import { subjectOf } from './tls.ts'

// Connections of one broker that have not shaken hands yet: they are none of those that it counts.
const mostHandshakes = 1_000

/** Of TLS: fatal, and that it is of no version there is. */
const alert = Uint8Array.of(21, 3, 1, 0, 2, 2, 70)

/** Where a broker listens, and how. */
export interface DoorPlan {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** Undefined: plain TCP. */
  readonly tls: tls.TlsOptions | undefined
  readonly listener: Listener
}

/** One broker's port. Once chosen it stays the same, so that clients find the broker again after a restart. */
export class Door {
  /** Undefined until the port is known. */
  address: Address | undefined
  readonly #broker: Broker
  readonly #id: number
  readonly #plan: DoorPlan
  readonly #connections = new Set<net.Socket>()
  /** Of the connections those that are past their handshake. */
  #served = 0
  #server: net.Server | undefined

  constructor(broker: Broker, id: number, plan: DoorPlan) {
    this.#broker = broker
    this.#id = id
    this.#plan = plan
  }

  async open(): Promise<void> {
    if (this.#server !== undefined) return
    const { host, port } = this.#plan
    const wanted = { host, port: this.address?.port ?? port }
    const server = this.#newServer()
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: Error): void => reject(notListening(wanted, error))
      server.once('error', refuse)
      server.listen(wanted, () => {
        server.off('error', refuse)
        resolve()
      })
    })
    this.address = { host, port: (server.address() as net.AddressInfo).port }
    this.#server = server
  }

  #newServer(): net.Server {
    const { tls: secure } = this.#plan
    try {
      if (secure !== undefined) return this.#secureServer(secure)
      return net.createServer(socket => {
        this.#keep(socket)
        this.#serve(socket)
      })
    } catch (error) {
      throw new ConfigError(`this runtime cannot listen: ${messageOf(error)}`, { cause: error })
    }
  }

  #secureServer(secure: tls.TlsOptions): tls.Server {
    const server = tls.createServer(secure)
    server.on('connection', socket => {
      if (this.#connections.size - this.#served >= mostHandshakes) socket.destroy()
      else this.#keep(socket)
    })
    server.on('secureConnection', socket => {
      this.#served++
      socket.once('close', () => this.#served--)
      const subject = secure.requestCert === true ? subjectOf(socket) : undefined
      if (secure.requestCert === true && subject === undefined) socket.destroy()
      else this.#serve(socket, subject && `User:${subject}`)
    })
    // The runtime closes the connection itself, behind the alert that tells the client why.
    server.on('tlsClientError', (error, socket) => {
      this.#answerPlainText(error, socket)
      // OpenSSL's own words have the file and line they come from.
      const { reason = messageOf(error) } = error as { reason?: string }
      this.#broker.logger.warn(`broker ${this.#id}: a TLS handshake failed: ${reason}`)
    })
    return server
  }

  /** Node alone answers plain text by nothing; a client with an alert in hand knows what the port expects. */
  #answerPlainText(error: Error, { remoteAddress, remotePort }: tls.TLSSocket): void {
    if ((error as { code?: string }).code !== 'ERR_SSL_WRONG_VERSION_NUMBER') return
    for (const each of this.#connections)
      if (each.remotePort === remotePort && each.remoteAddress === remoteAddress && !(each instanceof tls.TLSSocket))
        each.end(alert)
  }

  #keep(socket: net.Socket): void {
    this.#connections.add(socket)
    socket.once('close', () => this.#connections.delete(socket))
  }

  #serve(socket: net.Socket, principal?: string): void {
    const { listener } = this.#plan
    void this.#broker.serve(this.#id, new AcceptedSocket(socket), listener, socket.remoteAddress, principal)
  }

  async close(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = new Promise<void>(resolve => server.close(() => resolve()))
    for (const socket of this.#connections) socket.destroy()
    await closed
  }
}
