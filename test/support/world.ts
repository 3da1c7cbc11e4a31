import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker, type BrokerConfig } from '../../src/broker/index.ts'
import type { SocketAdapter } from '../../src/socket/socket.ts'
import type { TransportConfig } from '../../src/transport/config.ts'
import { LeapingClock } from './leaping-clock.ts'

/** Where clients live in a scenario that is played both on embedded brokers, in no time, and on real ones. */
export interface World {
  readonly brokers: readonly string[]
  readonly adapter: SocketAdapter
  /** For each Transport there. */
  readonly transport: TransportConfig
  /** Milliseconds since some moment. */
  now(): number
  sleep(milliseconds: number): Promise<void>
  /** Throws when the condition doesn't come to hold within the time. */
  until(what: string, condition: () => boolean | Promise<boolean>, milliseconds: number): Promise<void>
}

/** Three embedded brokers whose time passes only when nothing else goes on. */
export async function inVirtualTime<T>(
  config: BrokerConfig,
  play: (world: World, broker: Broker) => Promise<T>,
): Promise<T> {
  using clock = new LeapingClock()
  const configs = { 'group.min.session.timeout.ms': '1' }
  const broker = new Broker({ clock, natives, brokers: 3, autoCreateTopics: false, configs, ...config })
  const world: World = {
    brokers: broker.addresses,
    adapter: memory(broker, natives),
    transport: { clock, natives },
    now: () => clock.monotonic(),
    sleep: milliseconds => clock.sleep(milliseconds),
    async until(what, condition, milliseconds) {
      await clock.until(condition, milliseconds).catch(cause => {
        throw new Error(`${what}: ${cause.message}`, { cause })
      })
    },
  }
  try {
    return await play(world, broker)
  } finally {
    await broker.close()
  }
}
