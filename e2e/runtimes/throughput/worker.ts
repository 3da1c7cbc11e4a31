import { connect } from 'cloudflare:sockets'
import { adapter } from '../../../adapters/cloudflare/index.ts'
import { websocketOver } from '../../../adapters/websocket/index.ts'
import { throughConnection, throughSocket } from './adapter-ways.ts'
import { Pacer, type Plan, requestOf, takeTurn, type Way, type Ways } from './plan.ts'

/** With memory of its own to read into: twice as quick as the default reader. */
async function raw(plan: Plan): Promise<Way> {
  const socket = connect({ hostname: '127.0.0.1', port: plan.port }, {})
  const request = requestOf(plan)
  const reader = socket.readable.getReader({ mode: 'byob' })
  const writer = socket.writable.getWriter()
  let memory = new ArrayBuffer(256 * 1024)
  await socket.opened
  return {
    async fetch(count) {
      const pacer = new Pacer(plan, count, () => void writer.write(request))
      for (;;) {
        const { value } = await reader.read(new Uint8Array(memory))
        memory = value!.buffer
        if (pacer.received(value!.length)) return
      }
    },
    close: () => socket.close(),
  }
}

const ways: Ways = {
  raw,
  adapter: plan => throughSocket(adapter, plan),
  connection: plan => throughConnection(adapter, plan),
  'WebSocket, ours': plan => throughSocket(websocketOver(adapter, plan.bridge), plan),
}

/** One turn a request. */
export default {
  async fetch(request: Request): Promise<Response> {
    const { plan, way } = (await request.json()) as { plan: Plan; way: string }
    return Response.json(await takeTurn(ways, way, plan))
  },
}
