import * as net from 'node:net'
import { WebSocket as WsWebSocket } from 'ws'
import { adapter } from '../../../adapters/node/index.ts'
import { websocket, websocketOver } from '../../../adapters/websocket/index.ts'
import { throughConnection, throughSocket } from './adapter-ways.ts'
import { Pacer, type Plan, requestOf, type Way } from './plan.ts'
import { run } from './process.ts'

/**
 * `reused`: reads into one buffer, which is the quickest a program in Node can do; otherwise by 'data' events, as
 * nearly all do.
 */
function raw(plan: Plan, reused: boolean): Promise<Way> {
  const request = requestOf(plan)
  let pacer: Pacer | undefined
  let done = (): void => {}
  const received = (length: number): void => {
    if (pacer?.received(length)) done()
  }
  const onread = {
    buffer: new Uint8Array(128 * 1024),
    callback(length: number): boolean {
      received(length)
      return true
    },
  }
  const socket = net.connect({ host: '127.0.0.1', port: plan.port, noDelay: true, ...(reused && { onread }) })
  if (!reused) socket.on('data', bytes => received(bytes.length))
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('connect', () =>
      resolve({
        fetch: count =>
          new Promise(whole => {
            done = whole
            pacer = new Pacer(plan, count, () => void socket.write(request))
          }),
        close: () => void socket.destroy(),
      }),
    )
  })
}

await run({
  raw: plan => raw(plan, true),
  'raw, by events': plan => raw(plan, false),
  adapter: plan => throughSocket(adapter, plan),
  connection: plan => throughConnection(adapter, plan),
  'WebSocket, ours': plan => throughSocket(websocketOver(adapter, plan.bridge), plan),
  WebSocket: plan => throughSocket(websocket(plan.bridge), plan),
  'WebSocket of ws': plan => throughSocket(websocket({ ...plan.bridge, WebSocket: WsWebSocket }), plan),
})
