import type { EventSink } from '../../src/base/events.ts'
import type { Client } from '../../src/client/client.ts'
import type { Cluster } from '../../src/transport/cluster.ts'
import type { Transport } from '../../src/transport/transport.ts'
import type { CommittedOffsets } from './committed-offsets.ts'
import type { Events } from './events.ts'
import type { NetworkNames } from './network-events.ts'
import type { Logger, RetryOptions } from './types/common.ts'

export interface OpenOptions {
  /** Who is told of the client's requests. */
  readonly events: Events<NetworkNames>
  /** Told of all that happens on the connections, before `events` are. */
  readonly onEvent?: EventSink
  /** How old what is known of topics may get, in milliseconds. Default 300,000. */
  readonly metadataMaxAge?: number | undefined
}

/** A client's connections, from its `connect` to its `disconnect`. */
export interface Connection {
  readonly transport: Transport
  /** The addresses that this connection began at. */
  readonly addr: readonly string[]
  readonly client: Client
  /** The transport's, of these addresses. */
  readonly cluster: Cluster
  /** Bounds one request, in milliseconds. */
  readonly requestTimeout: number
  close(): Promise<void>
}

/** What the clients of one Kafka share. */
export interface Context {
  /** The root: each client has a namespace of its own. */
  readonly logger: Logger
  readonly clientId: string
  /** The Kafka's own; a client's are laid over it. */
  readonly retry: RetryOptions
  /** What transactions and consumers of this Kafka have committed. */
  readonly offsets: CommittedOffsets
  /**
   * Connects: asks for the brokers' addresses and reaches one of them, trying again as `retry` says. Rejects with an
   * error of kafkajs's.
   */
  open(options: OpenOptions): Promise<Connection>
}
