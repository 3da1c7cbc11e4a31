import { WorkersBridge } from '../../../adapters/bridge/fetch.ts'
import { BridgeProgram } from './bridge-program.ts'

let program: BridgeProgram<WorkersBridge> | undefined

export default {
  async fetch(
    request: Request,
    _env: unknown,
    context: { waitUntil(work: Promise<unknown>): void },
  ): Promise<Response> {
    program ??= new BridgeProgram(config => new WorkersBridge(config))
    return (await program.answer(request, work => context.waitUntil(work))) ?? program.bridge.fetch(request, context)
  },
}
