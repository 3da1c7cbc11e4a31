import type { Broker } from '../../src/broker/index.ts'

export interface ListenOptions {
  /** Where to listen, and what is advertised; 127.0.0.1. */
  host?: string
  /** The first broker's port, the others follow; 0, any free ones. */
  port?: number
}

export interface Listening {
  /** `host:port` of the running brokers. */
  readonly addresses: readonly string[]
  /** Stops listening. The broker itself stays. */
  close(): Promise<void>
}

/** Puts an embedded broker on TCP ports of this machine, one for each of its brokers. */
export function listen(_broker: Broker, _options: ListenOptions = {}): Promise<Listening> {
  return Promise.reject(new Error('not yet'))
}
