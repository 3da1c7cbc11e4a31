import { formatAddress } from '../../src/base/address.ts'
import { ConnectionError } from '../../src/base/errors.ts'
import type { Socket, SocketAdapter } from '../../src/socket/socket.ts'

/** An adapter whose connections all end at once, and none can be made after: as when its process dies. */
export function flakyAdapter(inner: SocketAdapter): { adapter: SocketAdapter; pull(): void } {
  const sockets = new Set<Socket>()
  let pulled = false
  const gone = (at: string): ConnectionError => new ConnectionError(at, 'the plug was pulled')
  return {
    adapter: {
      ...inner,
      name: `flakyAdapter ${inner.name}`,
      async dial(address, options) {
        if (pulled) throw gone(formatAddress(address))
        const socket = await inner.dial(address, options)
        sockets.add(socket)
        return socket
      },
    },
    pull() {
      pulled = true
      for (const socket of sockets) socket.abort(gone('every broker'))
    },
  }
}
