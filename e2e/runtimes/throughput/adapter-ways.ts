import { systemClock } from '../../../src/base/clock.ts'
import { silentLogger } from '../../../src/base/logger.ts'
import { Fetch } from '../../../src/protocol/fetch.ts'
import { BrokerConnection } from '../../../src/socket/connection.ts'
import { FramePool } from '../../../src/socket/frame-pool.ts'
import type { SocketAdapter } from '../../../src/socket/socket.ts'
import { Pacer, type Plan, requestOf, type Way } from './plan.ts'

/** The adapter's socket alone: its bytes are counted and left. */
export async function throughSocket(adapter: SocketAdapter, plan: Plan): Promise<Way> {
  const socket = await adapter.dial({ host: '127.0.0.1', port: plan.port }, {})
  const request = [requestOf(plan)]
  return {
    async fetch(count) {
      const pacer = new Pacer(plan, count, () => void socket.write(request))
      for (;;) {
        const bytes = await socket.read()
        if (bytes === null) throw new Error('the server ended the connection')
        if (pacer.received(bytes.length)) return
      }
    },
    close: () => socket.abort(),
  }
}

/** The connection above it, too, as a Reader uses it: each answer becomes a frame of a pool's memory. */
export async function throughConnection(adapter: SocketAdapter, plan: Plan): Promise<Way> {
  const { depth, fetch, port, version } = plan
  const connection = await BrokerConnection.open({
    adapter,
    address: { host: '127.0.0.1', port },
    clientId: 'throughput',
    lane: 'fetch',
    dialTimeout: 10_000,
    requestTimeout: 30_000,
    clock: systemClock,
    logger: silentLogger,
  })
  const pool = new FramePool(16 * 1024 * 1024)
  return {
    async fetch(count) {
      let unsent = count
      const one = async (): Promise<void> => {
        while (unsent-- > 0) {
          const { frame } = await connection.exchange(Fetch, fetch, { pool, version })
          if (frame.length + 4 !== plan.answerBytes) throw new Error(`an answer of ${frame.length + 4} bytes`)
          pool.give(frame)
        }
      }
      await Promise.all(Array.from({ length: depth }, one))
    },
    close: () => connection.close(),
  }
}
