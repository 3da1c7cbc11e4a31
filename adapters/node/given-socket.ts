import type * as net from 'node:net'
import { formatAddress } from '../../src/base/address.ts'
import type { Address, DialOptions, Socket } from '../../src/socket/socket.ts'
import { dialing } from './dialing.ts'
import { Receiver } from './receiver.ts'
import { NodeSocket } from './socket.ts'

const readSize = 64 * 1024

/** Opens a socket of node:net or node:tls, and calls `onConnect` once it can be used, the TLS handshake included. */
export type OpenSocket = (address: Address, onConnect: () => void) => net.Socket

/**
 * A `dial` over sockets that someone else opens: through a proxy, or with settings of Node's that TLSOptions has not.
 * `secure`: they are TLS connections.
 */
export function dialBy(open: OpenSocket, secure: boolean): (address: Address, options: DialOptions) => Promise<Socket> {
  return async (address, { signal }) => {
    signal?.throwIfAborted()
    const broker = formatAddress(address)
    return dialing({
      broker,
      secure,
      signal,
      // Who opens it may call at once, before there is a socket.
      open: onConnect => open(address, () => queueMicrotask(onConnect)),
      wrap(socket) {
        const receiver = new Receiver(readSize)
        socket.on('data', bytes => {
          if (!taken(receiver, bytes)) socket.pause()
        })
        return new NodeSocket(broker, socket, receiver, secure)
      },
    })
  }
}

/** Hands over what came, in as many pieces as the receiver's buffers ask for; false: the socket is to stop for now. */
function taken({ onread }: Receiver, bytes: Uint8Array): boolean {
  let goOn = true
  for (let at = 0; at < bytes.length; ) {
    const buffer = onread.buffer()
    const length = Math.min(buffer.length, bytes.length - at)
    buffer.set(bytes.subarray(at, at + length))
    goOn = onread.callback(length)
    at += length
  }
  return goOn
}
