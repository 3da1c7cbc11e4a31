import { expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Dialer } from '../../src/conn/dialer.ts'
import type { SocketAdapter } from '../../src/socket/socket.ts'

test('a connection that was never asked anything is closed all the same', async () => {
  await using broker = new Broker({ natives })
  const inner = memory(broker, natives)
  let closed = 0
  const adapter: SocketAdapter = {
    name: 'counting',
    async dial(address, options) {
      const socket = await inner.dial(address, options)
      const close = socket.close.bind(socket)
      return Object.assign(socket, { close: () => close().finally(() => closed++) })
    },
  }
  const conn = await new Dialer({ adapter, natives }).dial('tcp', broker.address(1))
  await conn.close()
  expect(closed).toBe(1)
})
