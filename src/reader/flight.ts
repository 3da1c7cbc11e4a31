import type { ResponseOf } from '../protocol/api.ts'
import { Fetch } from '../protocol/fetch.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import type { FramePool } from '../socket/frame-pool.ts'
import type { Cluster } from '../transport/cluster.ts'
import type { FetchSettings } from './config.ts'
import { fetchRequest } from './fetch-request.ts'
import type { Position } from './position.ts'

export interface FlightPlan {
  readonly leader: number
  readonly positions: readonly Position[]
  /** Most bytes the answer may have. */
  readonly maxBytes: number
  readonly maxWaitMs: number
}

/** One fetch under way at one broker. */
export class Flight {
  readonly plan: FlightPlan
  /** Whether the broker may sit on it until `maxWaitMs` is over, for all that is known. */
  readonly waits: boolean
  /** When it is to be answered, by the monotonic clock. */
  readonly dueAt: number
  /** It was called back: its failure means nothing. */
  recalled = false
  private connection: BrokerConnection | undefined
  private readonly cluster: Cluster
  private readonly controller = new AbortController()

  constructor(cluster: Cluster, plan: FlightPlan, { minBytes, dueAt }: { minBytes: number; dueAt: number }) {
    this.cluster = cluster
    this.plan = plan
    this.dueAt = dueAt
    this.waits = minBytes > 1 || !plan.positions.some(({ offset, end }) => end > offset)
  }

  async connect(key: string): Promise<BrokerConnection> {
    this.connection = await this.cluster.connection(this.plan.leader, 'fetch', { key, signal: this.controller.signal })
    return this.connection
  }

  send(
    connection: BrokerConnection,
    pool: FramePool,
    settings: FetchSettings,
  ): Promise<{ response: ResponseOf<typeof Fetch>; frame: Uint8Array }> {
    const { maxWaitMs, maxBytes, positions } = this.plan
    const version = connection.version(Fetch)
    const request = fetchRequest(positions, topic => this.cluster.peek(topic), { maxWaitMs, maxBytes, version, settings })
    return connection.exchange(Fetch, request, { signal: this.controller.signal, pool, timeoutMs: maxWaitMs + settings.readBatchTimeout })
  }

  /** Ends it. The broker would not answer anything else on this connection before, so that ends too. */
  recall(reason: unknown): void {
    this.recalled = true
    this.controller.abort(reason)
    if (this.connection !== undefined) this.cluster.release(this.connection)
  }
}
