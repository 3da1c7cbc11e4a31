import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client, CooperativeStickyGroupBalancer, Reader, StickyGroupBalancer, Transport, Writer } from '../src/index.ts'
import type { ClusterUnderTest } from '../test/contract/harness.ts'
import { unless } from '../test/support/left-out.ts'
import { random as randomOf } from '../test/support/random.ts'
import { pause, until } from '../test/support/waiting.ts'
import { full } from './full.ts'
import { javaMember, type Member } from './java-members.ts'
import { noKafka, sharedKafka } from './shared.ts'

const partitions = 12
/** How long members come and go, in milliseconds; without FULL=1 two come, and one goes. */
const churn = 180_000
/** Between two messages of a partition, in milliseconds. */
const interval = 50
/** What stays with a member is not interrupted for longer than a reader is that is in no group, in milliseconds. */
const longestWait = 1_000
const patience = 60_000

/** Who reads what: by the values, which name their partition. */
class Observer {
  readonly seen = new Set<string>()
  readonly faults: string[] = []
  twice = 0
  /** The longest that a message of a partition waited which stayed where it was. */
  longest = 0
  /** When each was written. */
  readonly writtenAt: Map<string, number>
  /** Partitions of each of our members, by its number. */
  readonly held = new Map<number, Set<number>>()
  readonly #last = new Map<string, { readonly reader: string; readonly at: number }>()

  constructor(writtenAt = new Map<string, number>()) {
    this.writtenAt = writtenAt
  }

  read(reader: string, value: string): void {
    if (this.seen.has(value)) this.twice++
    this.seen.add(value)
    const partition = value.split(':')[0]!
    const at = performance.now()
    const before = this.#last.get(partition)
    if (before?.reader === reader)
      this.longest = Math.max(this.longest, at - Math.max(before.at, this.writtenAt.get(value) ?? at))
    this.#last.set(partition, { reader, at })
  }

  gained(member: number, gained: readonly number[]): void {
    const own = this.held.get(member) ?? new Set<number>()
    this.held.set(member, own)
    for (const partition of gained) {
      for (const [other, theirs] of this.held)
        if (theirs.has(partition)) this.faults.push(`${partition} given to ${member} while ${other} has it`)
      own.add(partition)
    }
  }

  gone(member: number, gone: readonly number[]): void {
    for (const partition of gone) this.held.get(member)?.delete(partition)
  }
}

/** Writes to each partition at its pace, until it is stopped. */
function write(
  brokers: readonly string[],
  topic: string,
  transport: Transport,
  writtenAt: Map<string, number>,
): { written: string[]; stop(): Promise<void> } {
  const written: string[] = []
  let stopping = false
  const writer = new Writer({
    addr: brokers,
    topic,
    transport,
    balancer: ({ value }) => Number(String(value).split(':')[0]),
  })
  const writing = (async () => {
    for (let n = 0; !stopping; n++) {
      const values = Array.from({ length: partitions }, (_, partition) => `${partition}:${n}`)
      await writer.writeMessages(values.map(value => ({ value })))
      written.push(...values)
      for (const value of values) writtenAt.set(value, performance.now())
      await pause(interval)
    }
  })()
  return {
    written,
    async stop() {
      stopping = true
      await writing
      await writer.close()
    },
  }
}

describe('a group that keeps what stays, half of it Java’s', unless(noKafka), () => {
  let cluster: ClusterUnderTest & { stop(): Promise<void> }
  beforeAll(async () => {
    cluster = await sharedKafka(1)
  })
  afterAll(() => cluster?.stop())

  const kinds = [
    ['CooperativeStickyAssignor', () => new CooperativeStickyGroupBalancer()],
    ['StickyAssignor', () => new StickyGroupBalancer()],
  ] as const
  test.each(full ? kinds : kinds.slice(0, 1))(
    '%s: members come and go, all is read, no partition is two’s at once, and what stays is not interrupted',
    async (assignor, balancer) => {
      const { brokers } = cluster
      const topic = `kept-${assignor}-${Date.now()}`
      await using transport = new Transport()
      await using client = new Client({ addr: brokers, transport })
      await client.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor: 1 }] })
      const observer = new Observer()
      let started = 0
      const ours = (): Member => {
        const number = started++
        const name = `ours ${number}`
        const reader = new Reader({
          brokers,
          topic,
          groupId: topic,
          transport,
          groupBalancers: [balancer()],
          autoCommit: true,
          maxWait: 200,
          heartbeatInterval: 200,
          onAssigned: gained =>
            observer.gained(
              number,
              gained.map(({ partition }) => partition),
            ),
          onRevoked: gone => {
            observer.gone(
              number,
              gone.map(({ partition }) => partition),
            )
          },
          onLost: gone => void observer.faults.push(`${name} lost ${gone.length}`),
        })
        const values: string[] = []
        const reading = (async () => {
          for await (const message of reader) {
            if (observer.held.get(number)?.has(message.partition) !== true)
              observer.faults.push(`${name} was handed ${message.text()}, which it has not`)
            values.push(message.text())
            observer.read(name, message.text())
          }
        })()
        return {
          values,
          async [Symbol.asyncDispose]() {
            await reader.close()
            await reading
          },
        }
      }
      const java = async (): Promise<Member> => {
        const name = `Java ${started++}`
        const onValue = (value: string): void => observer.read(name, value)
        return await javaMember(brokers[0]!, topic, topic, { assignor, onValue })
      }
      /** By member, as the coordinator has it; undefined while the group is divided. */
      const division = async (): Promise<number[][] | undefined> => {
        const before = [...observer.held].map(([member, own]) => [member, new Set(own)] as const)
        const { groups } = await client.describeGroups({ groupIds: [topic] })
        const [group] = groups
        if (group?.groupState !== 'Stable') return undefined
        const shares = group.members.map(
          ({ memberAssignments }) => memberAssignments?.topics.flatMap(each => each.partitions) ?? [],
        )
        const all = shares.flat()
        for (const partition of new Set(all))
          if (all.filter(each => each === partition).length > 1) observer.faults.push(`${partition} is two’s at once`)
        // What ours had before and has now, the coordinator has given to nobody else; nobody has it while it goes.
        for (const [member, own] of before) {
          const now = observer.held.get(member)!
          const stays = [...own].filter(partition => now.has(partition))
          const among = shares.filter(share => stays.some(partition => share.includes(partition)))
          if (among.length > 1) observer.faults.push(`${member} has ${stays}, some of which another was given`)
        }
        return shares
      }
      const signal = AbortSignal.timeout(churn + 3 * patience)
      const settled = (members: number): Promise<void> =>
        until(signal, async () => {
          const shares = await division()
          return shares?.length === members && shares.flat().length === partitions
        })

      // The machine's and the broker's own delays.
      const control = new Observer(observer.writtenAt)
      const alone = new Reader({ brokers, topic, transport, maxWait: 200 })
      const watching = (async () => {
        for await (const message of alone) control.read('alone', message.text())
      })()
      const writing = write(brokers, topic, transport, observer.writtenAt)
      const members: { readonly isOurs: boolean; readonly member: Member }[] = []
      const join = async (isOurs: boolean): Promise<void> =>
        void members.push({ isOurs, member: isOurs ? ours() : await java() })
      try {
        await join(true)
        await settled(1)
        await join(false)
        await settled(2)
        await join(true)
        await settled(3)
        await members.splice(1, 1)[0]!.member[Symbol.asyncDispose]()
        await settled(2)
        if (full) {
          const next = randomOf(5)
          const end = performance.now() + churn
          while (performance.now() < end) {
            const count = (isOurs: boolean): number => members.filter(each => each.isOurs === isOurs).length
            const isOurs = count(false) >= 2 || next() < 0.6
            const mayJoin = members.length < 6 && count(isOurs) < (isOurs ? 4 : 2)
            if (members.length < 2 || (mayJoin && next() < 0.6)) await join(isOurs)
            else await members.splice(Math.floor(next() * members.length), 1)[0]!.member[Symbol.asyncDispose]()
            await settled(members.length)
            await pause(next() * 3_000)
          }
        }
      } finally {
        await writing.stop()
      }
      await until(signal, () => writing.written.every(value => observer.seen.has(value)))
      await Promise.all(members.map(({ member }) => member[Symbol.asyncDispose]()))
      await alone.close()
      await watching
      const { written } = writing
      console.log(
        `${assignor}: ${started} members, ${written.length} messages, ${observer.twice} read again, longest gap ${Math.round(observer.longest)} ms, alone ${Math.round(control.longest)} ms`,
      )
      expect(observer.faults).toEqual([])
      if (assignor === 'CooperativeStickyAssignor') expect(observer.longest - control.longest).toBeLessThan(longestWait)
    },
    churn + 4 * patience,
  )
})
