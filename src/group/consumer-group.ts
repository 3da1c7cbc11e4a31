import { backoffDelay } from '../base/backoff.ts'
import { optionsOf } from '../base/call-options.ts'
import { atCaller } from '../base/call-site.ts'
import { Condition } from '../base/condition.ts'
import { Deadline } from '../base/deadline.ts'
import { messageOf } from '../base/errors.ts'
import { given } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { ofTransport } from '../transport/config.ts'
import { transportOf } from '../transport/own-transport.ts'
import type { Transport } from '../transport/transport.ts'
import type { AssignedPartition } from './beginnings.ts'
import { type CloseOptions, leaveOf } from './close-options.ts'
import { type ConsumerGroupConfig, consumerGroupSettings } from './config.ts'
import { GroupClosedError } from './errors.ts'
import type { Generation, PartitionAssignment } from './generation.ts'
import { GroupMembership } from './group-membership.ts'
import type { CommitIdentity } from './group-protocol.ts'
import { RunningGeneration } from './running-generation.ts'

const example = "{ id: 'group', brokers: 'host:port', topics: ['topic'] }"

/**
 * Between two generations whose functions end at once, at least: growing from this up to `joinGroupBackoff`, in
 * milliseconds.
 */
const leastPause = 100

/**
 * Membership of a consumer group, as kafka-go has it: gives the generations, one after another. Whatever changes ends
 * one. Joins when first asked for one.
 */
export class ConsumerGroup {
  readonly #membership: GroupMembership
  readonly #transport: Transport
  readonly #ownsTransport: boolean
  #owned: readonly AssignedPartition[] = []
  #generation: RunningGeneration | undefined
  /** Generations in a row that their own functions ended at once. */
  #hasty = 0
  #cancelPause: () => void = () => {}

  /** What `next` waits for: one of these two, or the end. */
  #offered: RunningGeneration | undefined
  #failure: { readonly error: unknown; readonly final: boolean } | undefined
  readonly #news = new Condition()
  #started = false
  readonly #closing = new AbortController()
  #closed: Promise<void> | undefined

  /** Throws a ConfigError for settings that can't work; connects to nothing yet. */
  constructor(all: ConsumerGroupConfig) {
    const config = given('a ConsumerGroup', all, consumerGroupSettings, example, ofTransport)
    const { transport, isOwn } = transportOf(config)
    this.#ownsTransport = isOwn
    this.#transport = transport
    const { dialer: _, ...membership } = config
    this.#membership = new GroupMembership({ ...membership, transport })
  }

  /**
   * The next generation, once the one before is over and all its functions have returned. Rejects with what kept the
   * group from it, or from some of its topics (each failure once; it goes on trying, and the next call may succeed),
   * with a GroupClosedError after close().
   */
  async next(given?: CallOptions, ...extra: never[]): Promise<Generation> {
    const options = optionsOf('next', given, extra)
    this.#transport.enter()
    for (;;) {
      options.signal?.throwIfAborted()
      if (this.#closing.signal.aborted) throw new GroupClosedError(`group ${this.#membership.id} is closed`)
      const failure = this.#failure
      if (failure?.final !== true) this.#failure = undefined
      if (failure !== undefined) return await atCaller(() => failure.error)
      const generation = this.#offered
      this.#offered = undefined
      if (generation !== undefined) return generation
      this.#start()
      await this.#news.wait(options)
    }
  }

  /**
   * Ends the generation, waits for its functions (at most `rebalanceTimeout`) and leaves the group (within `timeout`);
   * a static member stays until its session ends, unless `leave` says otherwise.
   */
  async close(given: CloseOptions = {}, ...extra: never[]): Promise<void> {
    const leave = leaveOf(given, extra)
    this.#closed ??= this.#shut(leave)
    await this.#closed
  }

  /** The same as `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #shut(leave: boolean | undefined): Promise<void> {
    this.#closing.abort(new GroupClosedError(`group ${this.#membership.id} was closed`))
    this.#cancelPause()
    this.#news.ring()
    const { clock, settings } = this.#membership
    const { rebalanceTimeout, timeout } = settings
    const deadline = new Deadline(rebalanceTimeout + timeout, clock)
    await this.#membership.close({ patience: rebalanceTimeout, leave })
    // A broker that hangs does not say good-bye either.
    if (this.#ownsTransport) await deadline.bound(this.#transport.close(), () => undefined).catch(() => {})
  }

  #start(): void {
    if (this.#started) return
    this.#started = true
    const { hooks } = this.#membership
    this.#membership.start({
      assigned: async (added, { refused, signal }) => {
        await this.#change(added, [], undefined)
        await hooks.assigned(added, signal, this.#membership.patience / 2)
        await this.#lookUp(this.#owned.filter(own => !isAmong(added, own)))
        this.#failure = refused && { error: refused, final: false }
        this.#offer()
      },
      revoked: async (removed, cause) => {
        await this.#change([], removed, cause)
        await hooks.revoked(removed, (this.#membership.patience * 3) / 4)
      },
      lost: async (removed, cause) => {
        await this.#change([], removed, cause)
        await hooks.lost(removed, this.#membership.patience / 2)
      },
      failed: (error, final) => {
        if (this.#failure?.final !== true) this.#failure = { error, final }
        this.#news.ring()
      },
    })
  }

  /** Ends the generation, and waits for its functions. */
  async #change(
    added: readonly AssignedPartition[],
    removed: readonly AssignedPartition[],
    cause: unknown,
  ): Promise<void> {
    const generation = this.#generation
    generation?.end(cause)
    await generation?.over
    if (this.#offered === generation) this.#offered = undefined
    this.#generation = undefined
    this.#owned = [...this.#owned.filter(own => !isAmong(removed, own)), ...added]
  }

  /** Of what was kept, the next generation begins where this one has come to. */
  async #lookUp(kept: readonly AssignedPartition[]): Promise<void> {
    if (kept.length === 0) return
    const committed = await this.#membership.committed(kept, this.#closing.signal)
    this.#owned = this.#owned.map(own => {
      const offset = isAmong(kept, own) ? (committed.get(`${own.topic}/${own.partition}`) ?? -1) : -1
      return offset < 0 ? own : { ...own, offset, committed: offset }
    })
  }

  #offer(): void {
    const { id: groupId, errorLogger, clock } = this.#membership
    // An epoch may go on within a generation; once that is over it is nobody else's.
    let identity = this.#membership.identity()
    const identityNow = (): CommitIdentity => {
      if (this.#generation === generation) identity = this.#membership.identity()
      return identity
    }
    const { generationIdOrMemberEpoch: id, memberId } = identity
    const topicIds = this.#membership.topicIds()
    const assignments: Record<string, PartitionAssignment[]> = Object.create(null)
    for (const name of new Set([...this.#membership.topics, ...this.#owned.map(({ topic }) => topic)])) {
      const own = this.#owned.filter(({ topic }) => topic === name)
      assignments[name] = own.map(({ partition, offset }) => ({ id: partition, offset }))
    }
    const beganAt = clock.monotonic()
    const generation: RunningGeneration = new RunningGeneration({
      id,
      groupId,
      memberId,
      identity: identityNow,
      assignments,
      topicIds,
      commit: (offsets, options) =>
        this.#membership.commit(offsets, {
          ...(this.#generation !== generation && { identity: identityNow() }),
          topicIds,
          ...options,
        }),
      onError: error =>
        errorLogger.error(`group ${groupId}: a function of generation ${id} failed: ${messageOf(error)}`),
      onReturn: cause => this.#pace(generation, cause, clock.monotonic() - beganAt),
    })
    this.#generation = this.#offered = generation
    this.#news.ring()
  }

  /** A function returned, so the group is divided anew: for a group that does nothing else, not without a pause. */
  #pace(generation: RunningGeneration, cause: unknown, lived: number): void {
    const { clock, settings } = this.#membership
    const { joinGroupBackoff } = settings
    this.#hasty = lived < joinGroupBackoff ? this.#hasty + 1 : 0
    const pause =
      this.#hasty === 0
        ? 0
        : backoffDelay(this.#hasty, { min: Math.min(leastPause, joinGroupBackoff), max: joinGroupBackoff }, clock)
    this.#cancelPause = clock.after(pause, () => {
      if (this.#generation === generation) this.#membership.rejoin(cause)
    })
  }
}

function isAmong(partitions: readonly AssignedPartition[], own: AssignedPartition): boolean {
  return partitions.some(({ topic, partition }) => topic === own.topic && partition === own.partition)
}
