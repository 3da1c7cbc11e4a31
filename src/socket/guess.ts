import type { AnyApi } from '../protocol/api.ts'
import type { Requester } from './requester.ts'
import type { BrokerVersions, Spoken } from './versions.ts'

/** What is remembered of a broker, for one connection to go by until the broker has said so itself. */
export interface BrokerGuess {
  readonly spoken: Spoken
  /** A request of this API was made by it, or its version asked for. */
  used(api: AnyApi): void
  /**
   * Rejects if another cluster listens. `inside` sends what is not held back until that is known. Bounded by the
   * connection's `dialTimeout`.
   */
  check(connection: { readonly broker: string; readonly checksPeer: boolean }, inside: Requester): Promise<void>
  /** Throws unless all was made as it would have been by what the broker told. */
  compare(told: BrokerVersions): void
}
