// In Node: serves on a free port, and prints that.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { NodeBridge } from '../../../adapters/bridge/index.ts'
import { BridgeProgram } from './bridge-program.ts'

const program = new BridgeProgram(config => new NodeBridge(config))
const server = createServer(async (request, response) => {
  const body = request.method === 'POST' ? { method: 'POST', body: JSON.stringify(await json(request)) } : {}
  const answer = await program.answer(new Request(`http://bridge${request.url}`, body))
  if (answer !== undefined) response.writeHead(answer.status).end(await answer.text())
  else if (!program.bridge.request(request, response)) response.writeHead(426).end()
})
server.on('upgrade', (request, socket, head) => {
  if (!program.bridge.upgrade(request, socket, head)) socket.destroy()
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
