import type { AnyApi } from '../protocol/api.ts'
import type { Requester } from './requester.ts'
import type { BrokerVersions, Spoken } from './versions.ts'

/** A connection as its guess knows it. */
export interface GuessedConnection {
  readonly broker: string
  /** Whether the broker checks itself whom the connection is for. */
  readonly checksPeer: boolean
  abort(reason: unknown): void
}

/** What is remembered of a broker, for one connection to go by until the broker has said so itself. */
export interface BrokerGuess {
  readonly spoken: Spoken
  /** Runs what asks for a version of this API by the guess. One that has none is wrong, and ends the connection. */
  use(api: AnyApi, task: () => number, connection: GuessedConnection): number
  /**
   * Rejects if another cluster listens, or anything was made otherwise than by what the broker told. `inside` sends what
   * is not held back until then; `learn` asks for what the broker speaks, by so high a version of ApiVersions at first.
   */
  confirm(
    connection: GuessedConnection,
    inside: Requester,
    learn: (version: number) => Promise<BrokerVersions>,
  ): Promise<void>
}
