import { backoffDelay } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import { isTemporary, TimeoutError } from '../base/errors.ts'
import { type CallOptions, sleep } from '../base/signals.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../protocol/api.ts'
import { ErrorCode, errorFor } from '../protocol/errors.ts'
import type { Cluster } from '../transport/cluster.ts'

/**
 * `member`: joins, syncs and heartbeats, on a connection of this member alone, since a join may wait for minutes. `control`: what must not
 * wait behind a join.
 */
type GroupLane = 'member' | 'control'

export interface CoordinatorOptions extends CallOptions {
  /** How long the broker may take, in milliseconds. */
  timeoutMs?: number
}

const retryBackoff = { min: 100, max: 1_000 }

/** The broker that coordinates one group, wherever that is at the moment. */
export class Coordinator {
  private readonly cluster: Cluster
  private readonly groupId: string
  /**
   * Names this member's connection. Two members of one group may live in one Transport: a shared connection would let one's join hold up
   * the other's heartbeat.
   */
  private readonly key: string
  private readonly timeout: number
  private readonly clock: Clock

  constructor({ cluster, groupId, timeout, clock }: { cluster: Cluster; groupId: string; timeout: number; clock: Clock }) {
    this.cluster = cluster
    this.groupId = groupId
    this.key = `${groupId} ${crypto.getRandomValues(new Uint8Array(8)).join('.')}`
    this.timeout = timeout
    this.clock = clock
  }

  /** One try. `request` may depend on the version the coordinator speaks. */
  async request<A extends AnyApi>(
    lane: GroupLane,
    api: A,
    request: RequestInput<A> | ((version: number) => RequestInput<A>),
    { signal, timeoutMs = this.timeout }: CoordinatorOptions = {},
  ): Promise<ResponseOf<A>> {
    try {
      const options = { timeoutMs: this.timeout, ...(signal && { signal }) }
      const broker = await this.cluster.coordinator('group', this.groupId, options)
      const connection = await (lane === 'member'
        ? this.cluster.connection(broker, 'group', { ...options, key: this.key })
        : this.cluster.connection(broker, 'control', options))
      const body = typeof request === 'function' ? (request as (version: number) => RequestInput<A>)(connection.version(api)) : request
      return await connection.request(api, body, { ...options, timeoutMs })
    } catch (error) {
      // What was not answered still holds up all behind it on its connection.
      if (lane === 'member' && error instanceof TimeoutError) this.release()
      // Whoever does not answer may have lost the group to another broker.
      if (isTemporary(error)) this.cluster.forgetCoordinator('group', this.groupId)
      throw error
    }
  }

  /** Throws what a response's code says; news that another broker coordinates is taken in. */
  check(code: number, detail?: string): void {
    const error = errorFor(code, detail)
    if (error === null) return
    if (code === ErrorCode.NotCoordinatorForGroup || code === ErrorCode.GroupCoordinatorNotAvailable) {
      this.cluster.forgetCoordinator('group', this.groupId)
    }
    throw error
  }

  /** Repeats the task while it fails for reasons that pass, at most for `withinMs`. */
  async persist<T>(task: () => Promise<T>, { signal, withinMs }: CallOptions & { withinMs: number }): Promise<T> {
    const deadline = this.clock.monotonic() + withinMs
    for (let attempt = 1; ; attempt++) {
      try {
        return await task()
      } catch (error) {
        const delay = backoffDelay(attempt, retryBackoff)
        if (!isTemporary(error) || signal?.aborted || this.clock.monotonic() + delay > deadline) throw error
        await sleep(delay, { clock: this.clock, ...(signal && { signal }) })
      }
    }
  }

  /** Gives up this member's connection, whatever waits on it. */
  release(): void {
    this.cluster.releaseKey(this.key)
  }
}
