import { adapter } from '../../../adapters/deno/index.ts'
import { deno } from '../../../adapters/deno/runtime.ts'
import { websocket, websocketOver } from '../../../adapters/websocket/index.ts'
import { throughConnection, throughSocket } from './adapter-ways.ts'
import { Pacer, type Plan, requestOf, type Way } from './plan.ts'
import { run } from './process.ts'

async function raw(plan: Plan): Promise<Way> {
  const conn = await deno().connect({ hostname: '127.0.0.1', port: plan.port })
  const request = requestOf(plan)
  const buffer = new Uint8Array(256 * 1024)
  conn.setNoDelay(true)
  return {
    async fetch(count) {
      const pacer = new Pacer(plan, count, () => void conn.write(request))
      while (!pacer.received((await conn.read(buffer))!));
    },
    close: () => conn.close(),
  }
}

await run({
  raw,
  adapter: plan => throughSocket(adapter, plan),
  connection: plan => throughConnection(adapter, plan),
  'WebSocket, ours': plan => throughSocket(websocketOver(adapter, plan.bridge), plan),
  WebSocket: plan => throughSocket(websocket(plan.bridge), plan),
})
