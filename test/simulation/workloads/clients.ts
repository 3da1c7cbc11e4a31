import { Client } from '../../../src/client/client.ts'
import { LastOffset } from '../../../src/protocol/offsets.ts'
import { topic, type World } from '../world.ts'
import type { Running, Workload } from './workload.ts'

const timeout = 10_000
/** A request's time begins anew with a sign of life of its connection: an answer to the one before it, say. */
const patience = 2 * timeout + 1_000

/** Somebody who looks after the cluster, and asks for this and that. */
class Asking implements Running {
  readonly hosts
  readonly #world: World
  readonly #client: Client
  readonly #close: () => Promise<void>
  readonly #working: Promise<void>
  #stopping = false

  constructor(world: World, name: string) {
    const host = world.host(name)
    this.hosts = [host]
    this.#world = world
    const transport = host.transport({ dialTimeout: 3_000 })
    this.#client = new Client({ addr: [...world.addresses], transport, timeout })
    this.#close = () => transport.close()
    this.#working = this.#work()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#working
    await this.#close()
  }

  async #work(): Promise<void> {
    const [host] = this.hosts
    const chance = host!.chance('calls')
    const client = this.#client
    const calls = {
      metadata: () => client.metadata({}),
      offsets: () => client.listOffsets({ topics: { [topic]: [{ partition: 0, timestamp: LastOffset }] } }),
      coordinator: () => client.findCoordinator({ key: 'anyone' }),
      versions: () => client.apiVersions({}),
    }
    while (!this.#stopping) {
      const name = chance.pick(Object.keys(calls)) as keyof typeof calls
      await this.#world.history
        .call<unknown>(host!.name, `client.${name}()`, patience, calls[name]())
        .catch(error => this.#world.history.complain(host!.name, error))
      await host!.sleep(chance.wait(1_000))
    }
  }
}

export const clientCalls: Workload = {
  name: 'client calls',
  role: 'asks',
  start: (world, name) => new Asking(world, name),
}
