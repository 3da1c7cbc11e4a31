import { WorkersBridge } from '../../../adapters/bridge/fetch.ts'
import { BridgeProgram } from './bridge-program.ts'

interface State {
  waitUntil(work: Promise<unknown>): void
}

interface Environment {
  BridgeObject: { idFromName(name: string): unknown; get(id: unknown): { fetch(request: Request): Promise<Response> } }
}

/** A Durable Object has all of a bridge's connections in one place. */
export class BridgeObject {
  readonly #state: State
  readonly #program = new BridgeProgram(config => new WorkersBridge(config))

  constructor(state: State) {
    this.#state = state
  }

  async fetch(request: Request): Promise<Response> {
    const answer = await this.#program.answer(request, work => this.#state.waitUntil(work))
    return answer ?? this.#program.bridge.fetch(request, this.#state)
  }
}

export default {
  fetch: (request: Request, { BridgeObject: objects }: Environment): Promise<Response> =>
    objects.get(objects.idFromName('bridge')).fetch(request),
}
