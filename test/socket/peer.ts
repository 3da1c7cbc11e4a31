import { once } from 'node:events'
import * as net from 'node:net'
import { ByteReader } from '../../src/bytes/reader.ts'
import { concat } from '../../src/bytes/writer.ts'
import type { AnyApi, ResponseInput } from '../../src/protocol/api.ts'
import { ApiVersions } from '../../src/protocol/api-versions.ts'
import { type RequestHeader, readRequestHeader, responseFrame } from '../../src/protocol/headers.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { SaslAuthenticate } from '../../src/protocol/sasl-authenticate.ts'
import { SaslHandshake } from '../../src/protocol/sasl-handshake.ts'

/** One connection as the peer sees it. */
export interface Side {
  readonly socket: net.Socket
  /** Sends a response in the version the request came in. */
  answer<A extends AnyApi>(api: A, to: RequestHeader, response: ResponseInput<A>): void
}

/** A request as it arrived: its header, and all of its frame. */
export interface Arrived extends RequestHeader {
  readonly frame: Uint8Array
}

export interface Peer extends AsyncDisposable {
  readonly host: string
  readonly port: number
  readonly name: string
  /** The sockets accepted so far. */
  readonly sockets: readonly net.Socket[]
}

/** A loopback server that does with each connection what `accept` says. */
export async function listen(
  accept: (socket: net.Socket) => void,
  server: net.Server = net.createServer(),
  event = 'connection',
): Promise<Peer> {
  const sockets: net.Socket[] = []
  server.on(event, (socket: net.Socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.setNoDelay(true)
    accept(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  return {
    host: '127.0.0.1',
    port,
    name: `127.0.0.1:${port}`,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** What a scripted broker offers unless told otherwise. */
export const offered: readonly AnyApi[] = [ApiVersions, Metadata, Produce, SaslHandshake, SaslAuthenticate]

/** A server that answers ApiVersions and gives every other request to `handle`. */
export function scripted(
  handle: (request: Arrived, side: Side) => void,
  apis: readonly AnyApi[] = offered,
): Promise<Peer> {
  return listen(socket => {
    const side: Side = {
      socket,
      answer: (api, { apiVersion, correlationId }, response) => {
        socket.write(concat(responseFrame(api, apiVersion, correlationId, response)))
      },
    }
    eachFrame(socket, frame => {
      const request = { ...readRequestHeader(new ByteReader(frame)), frame }
      if (request.apiKey === ApiVersions.key)
        side.answer(ApiVersions, request, { errorCode: 0, apiKeys: versionsOf(apis) })
      else handle(request, side)
    })
  })
}

export function versionsOf(apis: readonly AnyApi[]): { apiKey: number; minVersion: number; maxVersion: number }[] {
  return apis.map(({ key, minVersion, maxVersion }) => ({ apiKey: key, minVersion, maxVersion }))
}

/** Calls `take` with every frame that comes, without its size. */
export function eachFrame(socket: net.Socket, take: (frame: Uint8Array) => void): void {
  let rest = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0)
      const frame = new Uint8Array(rest.subarray(4, end))
      rest = rest.subarray(end)
      take(frame)
    }
  })
}

/** The empty answer to a Metadata request, with this cluster id to tell answers apart. */
export function metadata(clusterId: string, throttleTimeMs = 0): ResponseInput<typeof Metadata> {
  return { throttleTimeMs, brokers: [], clusterId, controllerId: 1, topics: [], errorCode: 0 }
}
