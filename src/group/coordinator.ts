import { backoffDelay } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import { isTemporary, messageOf, TimeoutError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { type CallOptions, linkSignals, sleep } from '../base/signals.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../protocol/api.ts'
import { ErrorCode, errorFor, KafkaError } from '../protocol/errors.ts'
import { FindCoordinator } from '../protocol/find-coordinator.ts'
import type { Cluster } from '../transport/cluster.ts'

/**
 * `member`: joins, syncs and heartbeats, on a connection of this member alone, since a join may wait for minutes. `control`: what must not
 * wait behind a join. `either`: the member's if nothing waits there, which spares a beginning a connection.
 */
export type GroupLane = 'member' | 'control' | 'either'

export interface CoordinatorOptions extends CallOptions {
  /** How long the broker may take, in milliseconds; may depend on the version it speaks. */
  timeoutMs?: number | ((version: number) => number)
}

export interface PersistOptions extends CallOptions {
  /** How long failures that pass are tried again, in milliseconds. */
  withinMs: number
}

export interface CoordinatorParts {
  readonly cluster: Cluster
  readonly groupId: string
  /** Of each request that the broker answers at once, in milliseconds. */
  readonly timeout: number
  readonly clock: Clock
  readonly logger: Logger
}

const retryBackoff = { min: 100, max: 1_000 }

/** Between two looks at a coordinator that has others to wait for, in milliseconds. */
const lookInterval = 3_000

/** The broker that coordinates one group, wherever that is at the moment. */
export class Coordinator {
  readonly #parts: CoordinatorParts
  /**
   * Names this member's connection. Two members of one group may live in one Transport: a shared connection would let
   * one's join hold up the other's heartbeat.
   */
  readonly #key: string
  /** When it was last heard of while others were waited for, by the monotonic clock. */
  heardAt = Number.NEGATIVE_INFINITY

  constructor(parts: CoordinatorParts) {
    this.#parts = parts
    this.#key = parts.cluster.newKey()
  }

  /** One try. `request` may depend on the version the coordinator speaks. */
  async request<A extends AnyApi>(
    lane: GroupLane,
    api: A,
    request: RequestInput<A> | ((version: number) => RequestInput<A>),
    { signal, timeoutMs = this.#parts.timeout }: CoordinatorOptions = {},
  ): Promise<ResponseOf<A>> {
    const { cluster, groupId, timeout } = this.#parts
    let broker = -1
    let isOwn = lane === 'member'
    try {
      const options = { timeoutMs: timeout, ...(signal && { signal }) }
      broker = await cluster.coordinator('group', groupId, options)
      const idle = lane === 'either' ? cluster.idleConnection(broker, 'group', this.#key) : undefined
      isOwn ||= idle !== undefined
      const connection =
        idle ??
        (await (isOwn
          ? cluster.connection(broker, 'group', { ...options, key: this.#key })
          : cluster.connection(broker, 'control', options)))
      const body =
        typeof request === 'function'
          ? (request as (version: number) => RequestInput<A>)(connection.version(api))
          : request
      const most = typeof timeoutMs === 'function' ? timeoutMs(connection.version(api)) : timeoutMs
      return await connection.request(api, body, { ...options, timeoutMs: most })
    } catch (error) {
      // What was not answered still holds up all behind it on its connection.
      if (error instanceof TimeoutError) {
        if (isOwn) this.#hangUp()
        else cluster.letGo(broker, ['control'])
      }
      // Whoever does not answer may have lost the group to another broker.
      if (isTemporary(error)) this.#forget()
      throw error
    }
  }

  /** The features that its cluster has finalised, and their levels. One try. */
  async features({ signal }: CallOptions = {}): Promise<ReadonlyMap<string, number>> {
    const { cluster, groupId, timeout } = this.#parts
    const options = { timeoutMs: timeout, ...(signal && { signal }) }
    const broker = await cluster.coordinator('group', groupId, options)
    const connection = await cluster.connection(broker, 'group', { ...options, key: this.#key })
    await connection.confirmed
    return connection.features
  }

  /**
   * A request that is answered once other members have done their part, which takes as long as the slowest of them may
   * take: nobody tells how long that is. It is asked anew, each time on another connection, every `againAfter`
   * milliseconds, for an answer can get lost. Rejects when the coordinator itself does not answer, or is another by
   * now.
   */
  async outlast<A extends AnyApi>(
    api: A,
    request: RequestInput<A>,
    { signal, againAfter }: { signal: AbortSignal; againAfter: number | ((version: number) => number) },
  ): Promise<ResponseOf<A>> {
    for (;;) {
      const link = linkSignals(signal)
      // Where lanes share a connection, the look would wait behind the request.
      if (!this.#parts.cluster.lanesMerge) void this.#watch(link.controller)
      try {
        return await this.request('member', api, request, { timeoutMs: againAfter, signal: link.signal })
      } catch (error) {
        if (link.signal.aborted || !(error instanceof TimeoutError)) throw error
        await this.#look({ signal })
        this.#parts.logger.info(
          `group ${this.#parts.groupId}: still waiting for other members (${api.name}): asking again`,
        )
      } finally {
        link.controller.abort()
        link.release()
      }
    }
  }

  /** Throws what a response's code says; news that another broker coordinates is taken in. */
  check(code: number, detail?: string): void {
    const error = errorFor(code, detail)
    if (error === null) return
    const { cluster, groupId } = this.#parts
    if (code === ErrorCode.NotCoordinatorForGroup) cluster.denyCoordinator('group', groupId)
    if (code === ErrorCode.GroupCoordinatorNotAvailable) this.#forget()
    throw error
  }

  /** Repeats the task while it fails for reasons that pass, at most for `withinMs`. */
  async persist<T>(task: () => Promise<T>, { signal, withinMs }: PersistOptions): Promise<T> {
    const { clock } = this.#parts
    const deadline = clock.monotonic() + withinMs
    for (let attempt = 1; ; attempt++) {
      try {
        return await task()
      } catch (error) {
        const delay = backoffDelay(attempt, retryBackoff, clock)
        if (!isTemporary(error) || signal?.aborted || clock.monotonic() + delay > deadline) throw error
        await sleep(delay, { clock, ...(signal && { signal }) })
      }
    }
  }

  /** Gives up this member's connection, whatever waits on it, and what is known of the group. */
  release(): void {
    this.#hangUp()
    this.#forget()
  }

  #hangUp(): void {
    this.#parts.cluster.releaseKey(this.#key)
  }

  #forget(): void {
    this.#parts.cluster.forgetCoordinator('group', this.#parts.groupId)
  }

  /**
   * Looks now and then; aborts when the coordinator has not been heard of for `timeout`, or says that it is another.
   */
  async #watch(watched: AbortController): Promise<void> {
    const { clock, groupId, timeout, logger } = this.#parts
    const { signal } = watched
    // Not `heardAt` yet: who answers at once that it can't has nobody to wait for.
    let heard = clock.monotonic()
    try {
      for (;;) {
        await sleep(Math.min(lookInterval, timeout / 2), { signal, clock })
        try {
          await this.#look({ signal })
          heard = this.heardAt = clock.monotonic()
        } catch (error) {
          if (signal.aborted) return
          logger.debug(`group ${groupId}: its coordinator does not answer: ${messageOf(error)}`)
          const moved = error instanceof KafkaError && error.code === ErrorCode.NotCoordinatorForGroup
          if (moved || clock.monotonic() - heard >= timeout) watched.abort(error)
        }
      }
    } catch {
      // The request was answered.
    }
  }

  /** Asks the coordinator who coordinates, on a connection where nothing waits. */
  async #look({ signal }: { signal: AbortSignal }): Promise<void> {
    const { cluster, groupId, timeout } = this.#parts
    const options = { timeoutMs: timeout, signal }
    const broker = await cluster.coordinator('group', groupId, options)
    const connection = await cluster.connection(broker, 'control', options)
    const response = await connection.request(
      FindCoordinator,
      { key: groupId, keyType: 0, coordinatorKeys: [groupId] },
      options,
    )
    const found = response.coordinators.find(({ key }) => key === groupId) ?? response
    if (found.errorCode === 0 && found.nodeId !== broker) {
      this.#forget()
      throw new KafkaError(ErrorCode.NotCoordinatorForGroup, `group ${groupId} is at broker ${found.nodeId} now`)
    }
  }
}
