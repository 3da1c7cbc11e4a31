import type { Socket, SocketAdapter } from '../../src/socket/socket.ts'

/**
 * Sockets that end when they bring a request of more bytes than `most`, as brokers and proxies do. `ended`: of each
 * that did, the size it ended under.
 */
export function boundedAdapter(inner: SocketAdapter, most: number): { adapter: SocketAdapter; ended: number[] } {
  const ended: number[] = []
  const adapter: SocketAdapter = {
    ...inner,
    name: `bounded ${inner.name}`,
    async dial(address, options): Promise<Socket> {
      const socket = await inner.dial(address, options)
      let open = true
      return {
        read: () => socket.read(),
        flushed: () => socket.flushed(),
        close: () => socket.close(),
        abort: reason => socket.abort(reason),
        write(pieces) {
          const size = pieces.reduce((sum, { length }) => sum + length, 0)
          if (size <= most) return socket.write(pieces)
          if (open) ended.push(size)
          open = false
          return socket.abort(new Error('the broker closed the connection')) as undefined
        },
      }
    },
  }
  return { adapter, ended }
}
