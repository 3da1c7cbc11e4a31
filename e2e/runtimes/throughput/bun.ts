import { adapter } from '../../../adapters/bun/index.ts'
import { bun } from '../../../adapters/bun/runtime.ts'
import { websocket, websocketOver } from '../../../adapters/websocket/index.ts'
import { throughConnection, throughSocket } from './adapter-ways.ts'
import { Pacer, type Plan, requestOf, type Way } from './plan.ts'
import { run } from './process.ts'

async function raw(plan: Plan): Promise<Way> {
  const request = requestOf(plan)
  let pacer: Pacer | undefined
  let done = (): void => {}
  const socket = await bun().connect({
    hostname: '127.0.0.1',
    port: plan.port,
    socket: {
      binaryType: 'uint8array',
      data(_socket, bytes) {
        if (pacer?.received(bytes.length)) done()
      },
      open() {},
      handshake() {},
      drain() {},
      end() {},
      close() {},
      error() {},
      connectError() {},
    },
  })
  socket.setNoDelay(true)
  return {
    fetch: count =>
      new Promise(whole => {
        done = whole
        pacer = new Pacer(plan, count, () => void socket.write(request))
      }),
    close: () => socket.terminate(),
  }
}

await run({
  raw,
  adapter: plan => throughSocket(adapter, plan),
  connection: plan => throughConnection(adapter, plan),
  'WebSocket, ours': plan => throughSocket(websocketOver(adapter, plan.bridge), plan),
  WebSocket: plan => throughSocket(websocket(plan.bridge), plan),
})
