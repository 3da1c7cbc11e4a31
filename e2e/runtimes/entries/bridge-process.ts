// In Deno and Bun: serves on a free port, and prints that.
import { BunBridge, DenoBridge } from '../../../adapters/bridge/fetch.ts'
import { BridgeProgram } from './bridge-program.ts'

interface Runtimes {
  Deno: {
    serve(
      options: object,
      handler: (request: Request, info: Parameters<DenoBridge['fetch']>[1]) => Promise<Response>,
    ): void
  }
  Bun: { serve(options: object): { port: number } }
}
const { Bun, Deno } = globalThis as unknown as Runtimes

if (Bun === undefined) {
  const program = new BridgeProgram(config => new DenoBridge(config))
  const onListen = ({ port }: { port: number }): void => console.log(port)
  Deno.serve({ hostname: '127.0.0.1', port: 0, onListen }, async (request, info) => {
    return (await program.answer(request)) ?? program.bridge.fetch(request, info)
  })
} else {
  const program = new BridgeProgram(config => new BunBridge(config))
  const limits = { messageBytes: 1024 * 1024 }
  // Bun wants the handlers before there is a bridge; they are the same for all.
  const { websocket } = new BunBridge({ targets: ['none:1'], authenticate: () => null, allowNoOrigin: true, limits })
  const { port } = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    websocket,
    fetch: async (request: Request, server: Parameters<BunBridge['fetch']>[1]) =>
      (await program.answer(request)) ?? program.bridge.fetch(request, server),
  })
  console.log(port)
}
