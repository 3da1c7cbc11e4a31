import { CooperativeStickyGroupBalancer } from '../../../src/group/balancers/cooperative-sticky.ts'
import type { MembershipConfig } from '../../../src/group/config.ts'
import { ErrorCode, hasCode } from '../../../src/protocol/errors.ts'
import { FirstOffset } from '../../../src/protocol/offsets.ts'
import { Reader } from '../../../src/reader/reader.ts'
import type { Message } from '../../../src/records/message.ts'
import type { Host } from '../host.ts'
import { topic, type World } from '../world.ts'
import type { Running, Workload } from './workload.ts'

const styles = ['readMessage', 'commitMessages', 'for await', 'batches'] as const
type Style = (typeof styles)[number]

export const sessionTimeout = 6_000
/** How members live in groups of this world. */
export function membershipIn({ protocol, balancing }: World): MembershipConfig {
  return {
    protocol,
    // With the other protocol that is the broker's.
    ...(protocol === 'classic' && { heartbeatInterval: 1_000, partitionWatchInterval: 2_000 }),
    ...(protocol === 'classic' &&
      balancing === 'cooperative' && { groupBalancers: [new CooperativeStickyGroupBalancer()] }),
    sessionTimeout,
    rebalanceTimeout: 10_000,
    joinGroupBackoff: 500,
    timeout: 5_000,
  }
}

/** Until a commit or a close gives up: the request's own bound, and more of them while the coordinator moves. */
const patience = 45_000

/** One program that reads as a member of the group. */
class Member {
  readonly host: Host
  readonly #world: World
  readonly #group: string
  readonly #reader: Reader
  readonly #close: () => Promise<void>
  readonly working: Promise<void>
  #leaving = false
  readonly #pace: number
  #generation = 0
  #stint = 0

  /** `pace`: how long it takes over a seventh of the messages, in milliseconds. */
  constructor(world: World, host: Host, group: string, style: Style, pace: number) {
    this.host = host
    this.#pace = pace
    this.#world = world
    this.#group = group
    host.onEvent = event => {
      if (event.type === 'generationEnd' && isUnknownMember(event.error)) world.history.evicted(host.name)
      if (event.type !== 'rebalance') return
      this.#generation = event.generationId
      this.#stint++
      const partitions = event.assignments[topic] ?? []
      world.history.note(`${host.name}: generation ${event.generationId} has ${partitions.join()}`)
    }
    const transport = host.transport({ dialTimeout: 3_000, requestTimeout: 8_000 })
    this.#reader = new Reader({
      brokers: [...world.addresses],
      topic,
      groupId: group,
      startOffset: FirstOffset,
      ...membershipIn(world),
      maxWait: 2_000,
      transport,
      autoCommit: style === 'for await' || style === 'batches',
    })
    this.#close = () => transport.close()
    this.working = this.#work(style)
  }

  async leave(): Promise<void> {
    this.#leaving = true
    await this.#world.history.call(this.host.name, 'reader.close()', patience, this.#reader.close())
    await this.working
    await this.#close()
  }

  async #work(style: Style): Promise<void> {
    while (!this.#leaving && !this.host.isDead) {
      try {
        await this.#read(style)
      } catch (error) {
        if (this.#leaving) return
        this.#world.history.complain(this.host.name, error)
        await this.host.sleep(500)
      }
    }
  }

  async #read(style: Style): Promise<void> {
    const reader = this.#reader
    const { history } = this.#world
    if (style === 'for await') for await (const message of reader) await this.#handle(message)
    else if (style === 'batches')
      for await (const batch of reader.batches()) for (const message of batch.messages()) await this.#handle(message)
    else if (style === 'readMessage') await this.#handle(await reader.readMessage())
    else {
      const message = await reader.fetchMessage()
      await this.#handle(message)
      await history.call(this.host.name, 'commitMessages()', patience, reader.commitMessages(message))
    }
  }

  async #handle(message: Message): Promise<void> {
    const { history } = this.#world
    history.handed(message, {
      reader: this.host.name,
      group: this.#group,
      generation: this.#generation,
      stint: this.#stint,
    })
    if (message.offset % 7 === 0) await this.host.sleep(this.#pace)
  }
}

function isUnknownMember(error: unknown): boolean {
  return hasCode(error, ErrorCode.UnknownMemberId, ErrorCode.FencedMemberEpoch)
}

/** Members that come, go, and come back after they have crashed. */
class Group implements Running {
  readonly replaces = true
  readonly #world: World
  readonly #name: string
  readonly #pace: number
  readonly #members = new Set<Member>()
  readonly #leaving = new Set<Promise<void>>()
  readonly #watch: Host
  readonly #watching: Promise<void>
  #stopping = false
  #started = 0

  constructor(world: World, name: string, size: number, { restless = false, pace = 20 }: Habits) {
    this.#world = world
    this.#name = name
    this.#pace = pace
    this.#watch = world.host(`${name} watch`)
    for (let i = 0; i < size; i++) this.#join()
    this.#watching = this.#look(size, restless)
  }

  get hosts(): readonly Host[] {
    return [...this.#members].map(({ host }) => host)
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#watching
    await Promise.all([...this.#members].map(member => member.leave()))
    await Promise.all(this.#leaving)
  }

  #join(): void {
    const number = this.#started++
    const host = this.#world.host(`${this.#name}-${number}`)
    this.#members.add(new Member(this.#world, host, this.#name, styles[number % styles.length]!, this.#pace))
  }

  async #look(size: number, restless: boolean): Promise<void> {
    const chance = this.#watch.chance('churn')
    while (!this.#stopping) {
      await this.#watch.sleep(chance.wait(3_000))
      for (const member of this.#members) if (member.host.isDead) this.#members.delete(member)
      if (this.#stopping) return
      const [first] = this.#members
      if (restless && chance.is(0.15) && first?.host.isAwake === true) {
        this.#members.delete(first)
        const left = first.leave().finally(() => this.#leaving.delete(left))
        this.#leaving.add(left)
      } else if (this.#members.size < size) this.#join()
    }
  }
}

interface Habits {
  /** Members leave and others come. */
  readonly restless?: boolean
  readonly pace?: number
}

function group(name: string, size: number, habits: Habits = {}): Workload {
  return { name, role: 'reads', start: (world, id) => new Group(world, id, size, habits) }
}

export const steadyGroup = group('group', 3)
export const restlessGroup = group('restless group', 4, { restless: true })
/** What was handed out is not done with for long. */
export const slowGroup = group('slow group', 4, { pace: 700 })
export const loneMember = group('lone member', 1)
