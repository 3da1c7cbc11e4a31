import type { Cluster } from '../../../src/transport/cluster.ts'
import type { Connection } from '../context.ts'
import type { ProducerConfig } from '../types/producer.ts'
import { Writers } from './writers.ts'

/** What a producer has from its `connect` to its `disconnect`. */
export class Opened {
  readonly writers: Writers
  readonly #connection: Connection
  /** Sends that have not reached a Writer yet. */
  readonly #pending = new Set<Promise<unknown>>()

  constructor(connection: Connection, config: ProducerConfig) {
    this.#connection = connection
    this.writers = new Writers(connection, config)
  }

  get cluster(): Cluster {
    return this.#connection.cluster
  }

  /** Has the end wait for a send that looks something up first. */
  during<T>(sending: Promise<T>): Promise<T> {
    this.#pending.add(sending)
    const done = (): void => void this.#pending.delete(sending)
    sending.then(done, done)
    return sending
  }

  /** Waits for what was sent, and disconnects. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#pending)
    await this.writers.close()
    await this.#connection.close()
  }
}
