import type { Clock } from '../base/clock.ts'
import type { CallOptions } from '../base/signals.ts'

/** What a mechanism may want to know of the exchange it is started for. */
export interface SaslSession extends CallOptions {
  /** The broker's host and port as dialed. */
  readonly host: string
  /** The broker's port, as dialed. */
  readonly port: number
  /** The transport's: what expires does so by it, and chance comes from it. */
  readonly clock: Clock
}

/**
 * A way to authenticate. One object serves any number of connections, also at the same time: what one exchange
 * remembers is in its StateMachine.
 */
export interface Mechanism {
  /** Kafka's name of it: `PLAIN`, `SCRAM-SHA-512`, … */
  readonly name: string
  /**
   * Begins an exchange: the first bytes to send, and what will answer the broker's challenges. Runs anew for every
   * authentication. What it throws counts as an outage (a token that can't be fetched for a moment), and it is asked
   * again; a ConfigError or AuthenticationError of ours, thrown by it, is final.
   */
  start(session: SaslSession): Promise<SaslStart>
}

/** How an exchange begins. */
export interface SaslStart {
  /** What goes on with it. */
  readonly machine: StateMachine
  /** The initial response, as RFC 4422 calls it. */
  readonly response: Uint8Array
}

/** One exchange under way. */
export interface StateMachine {
  /**
   * Reads the broker's challenge. `done`: the exchange is complete, nothing is to be sent. Throws when the broker's
   * proof is wrong.
   */
  next(
    challenge: Uint8Array,
  ): Promise<{ readonly done: true } | { readonly done: false; readonly response: Uint8Array }>
}
