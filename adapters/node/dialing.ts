import type * as net from 'node:net'
import { onAbort } from '../../src/base/signals.ts'
import type { Socket } from '../../src/socket/socket.ts'
import { translate } from './errors.ts'

export interface Dialing {
  /** Host and port, for errors. */
  readonly broker: string
  readonly secure: boolean
  readonly signal: AbortSignal | undefined
  /** Begins to connect; `onConnect` is to be called once the socket can be used. */
  open(onConnect: () => void): net.Socket
  /** Of a socket that can be used; throws what speaks against its peer. */
  wrap(socket: net.Socket): Socket
}

/** Waits until a socket can be used, has failed or is no longer wanted. */
export function dialing({ broker, secure, signal, open, wrap }: Dialing): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const opened = (): void => {
      try {
        const wrapped = wrap(socket)
        settled()
        resolve(wrapped)
      } catch (error) {
        failed(error as Error)
      }
    }
    const givenUp = (reason: unknown): void => {
      settled()
      socket.destroy()
      reject(reason)
    }
    const failed = (error: Error): void => givenUp(translate(broker, error, secure))
    const settled = (): void => {
      forget?.()
      socket.off('error', failed)
      // What a socket still has to say once nobody wants it must not end the program.
      socket.on('error', () => {})
    }
    const socket = open(opened)
    socket.on('error', failed)
    const forget = signal && onAbort(signal, () => givenUp(signal.reason))
  })
}
