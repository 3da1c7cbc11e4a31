import { backoffDelay } from '../../base/backoff.ts'
import { Condition } from '../../base/condition.ts'
import { isTemporary, messageOf } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import { type CallOptions, onAbort, sleep } from '../../base/signals.ts'
import { ErrorCode, hasCode, KafkaError } from '../../protocol/errors.ts'
import type { Cluster } from '../../transport/cluster.ts'
import { listTopics } from '../../transport/list-topics.ts'
import type { CommitIdentity, Division, GroupChanges, GroupProtocol, LeaveOptions } from '../group-protocol.ts'
import { Heartbeats } from '../heartbeats.ts'
import { JoiningPatience } from '../joining-patience.ts'
import { nothing, together, without } from '../partition-sets.ts'
import { layoutOf } from '../partitions.ts'
import type { Subscription } from '../subscription.ts'
import { type Assignment, named } from './assignment.ts'
import { ConsumerMember, type ConsumerMemberParts } from './consumer-member.ts'
import { end, type Life, newLife } from './life.ts'
import { VisibleTopics } from './visible-topics.ts'

export interface ConsumerProtocolParts extends Omit<ConsumerMemberParts, 'visible' | 'pattern'> {
  readonly subscription: Subscription
  readonly cluster: Cluster
  readonly logger: Logger
}

/** Heartbeats of a new member that come early while its pattern is being matched. */
const hasty = 5

/** Between two tries to get into a group that does not take this member, at most, in milliseconds. */
const longestOutside = 60_000

/**
 * The consumer protocol (KIP-848): the coordinator divides, and tells each member in the answers to its heartbeats what to
 * have. What is to go is given back first, and said to be, before it is another's; the rest is not touched.
 */
export class ConsumerProtocol implements GroupProtocol {
  readonly #parts: ConsumerProtocolParts
  readonly #isFinal: (error: unknown) => boolean
  readonly #visible: VisibleTopics
  readonly #member: ConsumerMember
  /** What the coordinator wants this member to have. */
  #target: Assignment = nothing
  /** What its user has. */
  #held: Assignment = nothing
  /** What the coordinator is told that it has: until it is told otherwise, nobody else is given it. */
  #owned: Assignment = nothing
  /** Of the topics it has, by id. */
  readonly #names = new Map<string, string>()
  #life: Life | undefined
  #heartbeats: Heartbeats | undefined
  /** Rings when the coordinator has answered, and when there is none to answer any more. */
  readonly #heard = new Condition()

  /** `isFinal`: which errors end the membership while it has not joined yet. */
  constructor(parts: ConsumerProtocolParts, isFinal: (error: unknown) => boolean = isUnsupported) {
    this.#parts = parts
    this.#isFinal = isFinal
    const { pattern, topics } = parts.subscription
    // Those that a pattern matches are the broker's to name.
    this.#visible = new VisibleTopics({ ...parts, topics: pattern === null ? topics : [] })
    this.#member = new ConsumerMember({ ...parts, visible: this.#visible, pattern: pattern?.text ?? null })
  }

  identity(): CommitIdentity {
    const { id: memberId, epoch } = this.#member
    return { memberId, generationIdOrMemberEpoch: epoch, groupInstanceId: this.#parts.membership.groupInstanceId }
  }

  division(): Division {
    return { leaderId: '', protocolName: this.#parts.membership.serverAssignor ?? '' }
  }

  rejoin(cause: unknown): void {
    const life = this.#life
    if (life === undefined) return
    // Whether it still has its place, the coordinator says.
    if (isFenced(cause) || hasCode(cause, ErrorCode.StaleMemberEpoch)) return this.#heartbeats?.now()
    life.renewal = { cause }
    life.coming?.stop.abort(cause)
    life.news.ring()
  }

  pulse(): void {
    this.#heartbeats?.pulse()
  }

  async renewed(options: CallOptions): Promise<void> {
    if (this.#life === undefined) return
    this.#heartbeats?.now()
    await this.#heard.wait(options)
  }

  async leave(reason: string, { leave, ...options }: LeaveOptions = {}): Promise<void> {
    const { groupId, logger, membership } = this.#parts
    const isStatic = membership.groupInstanceId !== null
    // Its session ends, in its own time.
    if (leave === false && !isStatic) return this.#member.forget()
    try {
      await this.#member.leave({ keeping: isStatic && leave !== true, ...options })
    } catch (error) {
      // It was never let in, or is out already.
      if (isFenced(error)) return
      // The session timeout will do it then.
      logger.warn(`group ${groupId}: leaving (${reason}) failed: ${messageOf(error)}`)
    }
  }

  async run(changes: GroupChanges, { signal }: { signal: AbortSignal }): Promise<void> {
    const { clock, cluster, membership } = this.#parts
    const { joinGroupBackoff } = membership
    const patience = new JoiningPatience(clock, membership, cluster)
    for (let failures = 0; !signal.aborted; ) {
      try {
        this.#target = (await this.#member.heartbeat(nothing, { signal })) ?? nothing
        const began = clock.monotonic()
        const cause = await this.#live(changes, signal)
        if (signal.aborted) return
        // A place that is lost again and again as soon as it is taken must not be taken in a hot loop.
        if (!isTemporary(cause) && !(isFenced(cause) && clock.monotonic() - began >= joinGroupBackoff)) throw cause
        failures = 0
        patience.wasIn()
      } catch (error) {
        if (signal.aborted) return
        failures++
        // Another process has the same instance id: joining again would only throw that one out.
        if (hasCode(error, ErrorCode.FencedInstanceID)) throw error
        if (this.#isFinal(error)) throw isUnsupported(error) ? this.#unsupported() : error
        // Its former self may have died: then the place is free once its session is over.
        const taken = hasCode(error, ErrorCode.UnreleasedInstanceID) ? membership.sessionTimeout : 0
        if ((isTemporary(error) || taken > 0) && clock.monotonic() >= patience.until(error) + taken) {
          changes.failed(error)
          patience.told()
        }
        await this.#recover(error, failures, changes, signal).catch(() => {})
      }
    }
  }

  #unsupported(): KafkaError {
    const what = `group ${this.#parts.groupId}: this cluster has no consumer protocol (Kafka 4.0 has)`
    return new KafkaError(ErrorCode.UnsupportedVersion, `${what}: protocol 'auto' or 'classic' works with it`)
  }

  /** From the coordinator's first answer until all is given back; answers why it was. */
  async #live(changes: GroupChanges, closing: AbortSignal): Promise<unknown> {
    const { membership, clock } = this.#parts
    const life = newLife()
    const heartbeats = new Heartbeats({
      beat: signal => this.#beat(life, signal),
      // It said so, or was not heard of for a session.
      ended: cause => end(life, cause, isFenced(cause) || isTemporary(cause)),
      interval: () => this.#interval,
      sessionTimeout: membership.sessionTimeout,
      clock,
    })
    this.#life = life
    this.#heartbeats = heartbeats
    const close = (): void => end(life, closing.reason)
    const forget = closing.aborted ? undefined : onAbort(closing, close)
    if (closing.aborted) close()
    const looking = this.#visible.lookAgain(life.over.signal)
    try {
      await this.#reconcile(life, heartbeats, changes)
      return life.cause
    } finally {
      this.#life = undefined
      this.#heartbeats = undefined
      forget?.()
      end(life, undefined)
      await Promise.all([heartbeats.stop(), looking])
      if (life.lost) this.#member.forget()
      this.#held = this.#owned = nothing
      this.#heard.ring()
    }
  }

  /** A pattern is matched after the coordinator has answered: what comes of that is asked for soon. */
  get #interval(): number {
    const { interval, beats } = this.#member
    const { pattern } = this.#parts.subscription
    return pattern !== null && beats <= hasty && this.#target.size === 0 ? Math.min(interval, beats * 100) : interval
  }

  async #beat(life: Life, signal: AbortSignal): Promise<void> {
    const target = await this.#member.heartbeat(this.#owned, { signal })
    if (target !== null) this.#target = target
    const { coming } = life
    if (coming !== undefined && without(coming.partitions, this.#target).size > 0)
      coming.stop.abort(new Error('the coordinator wants them back'))
    life.news.ring()
    this.#heard.ring()
  }

  /** Gives and takes until what its user has is what the coordinator wants; over and over, until the life is over. */
  async #reconcile(life: Life, heartbeats: Heartbeats, changes: GroupChanges): Promise<void> {
    /** Whether its user was told what it has since something was taken, be that nothing. */
    let begun = false
    let unbroken = false
    for (;;) {
      const { aborted: over } = life.over.signal
      const { renewal } = life
      const leaving = without(this.#held, over || renewal ? nothing : this.#target)
      if (leaving.size > 0 || (begun && (over || renewal !== undefined))) {
        const cause = over ? life.cause : (renewal?.cause ?? new Error('the coordinator divided the group anew'))
        await changes[life.lost ? 'lost' : 'revoked'](this.#named(leaving), cause)
        this.#held = without(this.#held, leaving)
        for (const topicId of this.#names.keys()) if (!this.#held.has(topicId)) this.#names.delete(topicId)
        // Whoever takes them anew has not given them up.
        if (renewal === undefined) this.#own(this.#held, heartbeats)
        if (life.renewal === renewal) life.renewal = undefined
        unbroken = renewal !== undefined
        begun = false
        if (!over) continue
      }
      if (over) return
      // There is nothing yet to be taken anew.
      life.renewal = undefined
      const target = this.#target
      const coming = await this.#known(without(target, this.#held), life.over.signal)
      // Much may have happened meanwhile.
      if (life.over.signal.aborted || life.renewal || this.#target !== target) continue
      if (begun && coming.size === 0) {
        await life.news.wait()
        continue
      }
      const stop = new AbortController()
      life.coming = { partitions: coming, stop }
      try {
        await changes.assigned(this.#named(coming), { signal: stop.signal, unbroken })
        this.#held = together(this.#held, coming)
      } catch (error) {
        if (!stop.signal.aborted) end(life, error)
      }
      life.coming = undefined
      unbroken = false
      begun = true
      this.#own(this.#held, heartbeats)
    }
  }

  #own(owned: Assignment, heartbeats: Heartbeats): void {
    const same = without(owned, this.#owned).size === 0 && without(this.#owned, owned).size === 0
    this.#owned = owned
    if (!same) heartbeats.now()
  }

  /** Those of topics whose names are known. Of the others names are asked for, once now and again with each heartbeat. */
  async #known(partitions: Assignment, signal: AbortSignal): Promise<Assignment> {
    const { cluster, subscription } = this.#parts
    const isKnown = (topicId: string): boolean => cluster.nameOf(topicId) !== undefined
    if (![...partitions.keys()].every(isKnown)) {
      if (subscription.pattern !== null) await this.#learnNames(partitions, signal)
      const { topics } = subscription.pattern === null ? this.#visible : subscription
      await Promise.all(topics.map(topic => layoutOf(cluster, topic, { signal }).catch(() => null)))
      if (![...partitions.keys()].every(isKnown)) await cluster.refresh(topics, { signal }).catch(() => {})
    }
    return new Map([...partitions].filter(([topicId]) => isKnown(topicId)))
  }

  /** Of topics that a pattern matches the coordinator tells the ids alone. */
  async #learnNames(partitions: Assignment, signal: AbortSignal): Promise<void> {
    const { cluster, subscription } = this.#parts
    const listed = await listTopics(cluster, { signal }).catch(() => [])
    subscription.learned(listed.filter(({ id }) => partitions.has(id)).map(({ name }) => name))
  }

  /** A topic that is gone keeps its name for those who had it. */
  #named(partitions: Assignment): ReturnType<typeof named> {
    for (const topicId of partitions.keys()) {
      const name = this.#parts.cluster.nameOf(topicId)
      if (name !== undefined) this.#names.set(topicId, name)
    }
    return named(partitions, topicId => this.#names.get(topicId))
  }

  /** Waits as the error asks for; rejects when closed meanwhile. */
  async #recover(error: unknown, failures: number, changes: GroupChanges, signal: AbortSignal): Promise<void> {
    const { groupId, clock, logger, membership } = this.#parts
    const { joinGroupBackoff } = membership
    const options = { signal, clock }
    logger.info(`group ${groupId}: joining failed: ${messageOf(error)}`)
    if (isFenced(error)) {
      this.#member.forget()
      return sleep(backoffDelay(failures, { min: 10, max: Math.max(10, joinGroupBackoff) }, clock), options)
    }
    if (isTemporary(error) || hasCode(error, ErrorCode.UnreleasedInstanceID))
      return sleep(backoffDelay(failures, { min: 100, max: Math.max(100, joinGroupBackoff) }, clock), options)
    // The whole request is refused where one topic may not be seen.
    if (hasCode(error, ErrorCode.TopicAuthorizationFailed) && (await this.#visible.leaveOutRefused(signal))) return
    changes.failed(error)
    await this.leave('joining failed', { signal })
    const max = hasCode(error, ErrorCode.GroupMaxSizeReached) ? longestOutside : joinGroupBackoff
    await sleep(backoffDelay(failures, { min: joinGroupBackoff, max: Math.max(joinGroupBackoff, max) }, clock), options)
  }
}

/** The coordinator knows this member no more, or only a later life of it. */
function isFenced(error: unknown): boolean {
  return hasCode(error, ErrorCode.FencedMemberEpoch, ErrorCode.UnknownMemberId)
}

/** The broker has no such groups, or they are switched off. */
export function isUnsupported(error: unknown): boolean {
  return hasCode(error, ErrorCode.UnsupportedVersion) || hasCode((error as Error)?.cause, ErrorCode.UnsupportedVersion)
}
