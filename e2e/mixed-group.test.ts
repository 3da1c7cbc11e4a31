import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client, Reader, Transport } from '../src/index.ts'
import type { ClusterUnderTest } from '../test/contract/harness.ts'
import { unless } from '../test/support/left-out.ts'
import { random as randomOf } from '../test/support/random.ts'
import { pause, until } from '../test/support/waiting.ts'
import { full } from './full.ts'
import { javaMember, type Member } from './java-members.ts'
import { kcatMember, noKcat } from './mixed-group/kcat-member.ts'
import { kinds } from './mixed-group/kinds.ts'
import { Observer, watchCommits, write } from './mixed-group/observer.ts'
import { noKafka, sharedKafka } from './shared.ts'

const partitions = 12
/** How long members come and go, in milliseconds; without FULL=1 two come, and one goes. */
const churn = 180_000
/** Between two messages of a partition, in milliseconds. */
const interval = 50
/**
 * What stays with a member is not interrupted for longer than a reader is that is in no group, in milliseconds; beside
 * other tests some patience is needed.
 */
const longestWait = full ? 1_000 : 5_000
const patience = 60_000

/** How many of whose members there are at most. */
const most = { ours: 4, java: 2, kcat: 1 }
type Maker = keyof typeof most

describe('a group of our members, of Java’s and of kcat', unless(noKafka), () => {
  let cluster: ClusterUnderTest & { stop(): Promise<void> }
  beforeAll(async () => {
    cluster = await sharedKafka(1)
  })
  afterAll(() => cluster?.stop())

  test.each(full ? kinds : kinds.slice(0, 1))(
    '$name: members come and go, all is read, no partition is two’s at once, no commit goes back, and what stays is not interrupted where it need not be',
    async ({ name, ours: config, java: javaOptions, kcat: strategy, keeps, division: divisionOf }) => {
      const { brokers } = cluster
      const topic = `mixed-${name.replace(' ', '-')}-${Date.now()}`
      await using transport = new Transport()
      await using client = new Client({ addr: brokers, transport })
      await client.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor: 1 }] })
      const observer = new Observer()
      let started = 0
      let kcats = 0
      const ours = (): Member => {
        const number = started++
        const reader = new Reader({
          brokers,
          topic,
          groupId: topic,
          transport,
          autoCommit: true,
          maxWait: 200,
          ...(javaOptions.protocol !== 'consumer' && { heartbeatInterval: 200 }),
          ...config(),
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
          onLost: gone => void observer.faults.push(`ours ${number} lost ${gone.length}`),
        })
        const values: string[] = []
        const reading = (async () => {
          for await (const message of reader) {
            if (observer.held.get(number)?.has(message.partition) !== true)
              observer.faults.push(`ours ${number} was handed ${message.text()}, which it has not`)
            values.push(message.text())
            observer.read(`ours ${number}`, message.text())
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
      const theirs = (maker: 'java' | 'kcat'): Member | Promise<Member> => {
        const reader = `${maker} ${started++}`
        if (maker === 'kcat') kcats++
        const onValue = (value: string): void => observer.read(reader, value)
        return maker === 'java'
          ? javaMember(brokers[0]!, topic, topic, { ...javaOptions, onValue })
          : kcatMember(brokers[0]!, topic, topic, { strategy: strategy!, onValue })
      }
      const division = async (): Promise<readonly (readonly number[])[] | undefined> => {
        const before = [...observer.held].map(([member, own]) => [member, new Set(own)] as const)
        const shares = await divisionOf(client, topic, topic)
        if (shares === undefined) return undefined
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
      const writing = write({ brokers, topic, transport }, { partitions, interval }, observer.writtenAt)
      const commits = watchCommits(client, topic, partitions)
      const members: { readonly maker: Maker; readonly member: Member }[] = []
      const join = async (maker: Maker): Promise<void> =>
        void members.push({ maker, member: maker === 'ours' ? ours() : await theirs(maker) })
      const count = (maker: Maker): number => members.filter(each => each.maker === maker).length
      try {
        await join('ours')
        await settled(1)
        await join('java')
        await settled(2)
        await join('ours')
        await settled(3)
        await members.splice(1, 1)[0]!.member[Symbol.asyncDispose]()
        await settled(2)
        if (full) {
          const next = randomOf(5)
          const end = performance.now() + churn
          const makers: Maker[] =
            strategy === undefined || noKcat !== undefined ? ['ours', 'java'] : ['ours', 'java', 'kcat']
          const total = makers.reduce((sum, maker) => sum + most[maker], 0)
          while (performance.now() < end) {
            const free = makers.filter(maker => count(maker) < most[maker])
            if (members.length < 2 || (members.length < total && next() < 0.6))
              await join(free[Math.floor(next() * free.length)]!)
            else await members.splice(Math.floor(next() * members.length), 1)[0]!.member[Symbol.asyncDispose]()
            await settled(members.length)
            await pause(next() * 3_000)
          }
        }
      } finally {
        await writing.stop()
        await commits.stop()
      }
      await until(signal, () => observer.missing(writing.written).length === 0)
      await Promise.all(members.map(({ member }) => member[Symbol.asyncDispose]()))
      await alone.close()
      await watching
      const { written } = writing
      console.log(
        `${name}: ${started} members, ${written.length} messages, ${observer.twice} read again, longest gap ${Math.round(observer.longest)} ms, alone ${Math.round(control.longest)} ms`,
      )
      expect(observer.faults).toEqual([])
      expect(written.filter(value => !observer.readers.has(value)).length).toBeLessThanOrEqual(kcats)
      expect(commits.rewinds).toEqual([])
      if (keeps) expect(observer.longest - control.longest).toBeLessThan(longestWait)
    },
    churn + 4 * patience,
  )
})
