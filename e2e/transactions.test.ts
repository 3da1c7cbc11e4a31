import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client, ProducerFencedError, Transport, Writer } from '../src/index.ts'
import { unless } from '../test/support/left-out.ts'
import { random } from '../test/support/random.ts'
import { pause } from '../test/support/waiting.ts'
import { full, versions } from './full.ts'
import { type KafkaCluster, startKafka } from './kafka/index.ts'
import { noKafka } from './shared.ts'
import { contents } from './transactions/contents.ts'
import { Copier } from './transactions/copier.ts'
import { History, misdelivered, textOf } from './transactions/history.ts'
import { PipelineCopier } from './transactions/pipeline-copier.ts'

const partitions = 6
const keys = Array.from({ length: 24 }, (_, i) => `key-${i}`)
/** Numbers of each key. */
const each = Math.ceil((full ? 500_000 : 3_600) / keys.length)
const size = full ? 500 : 60
const membersAtOnce = full ? 3 : 2
/** How often a node is killed. */
const kills = full ? 6 : 1
const patience = full ? 900_000 : 100_000

type Member = Copier | PipelineCopier

// 4.4.0 has the second protocol (KIP-890), the older ones have the first.
describe.each(versions)('three nodes of Kafka %s, and a chain of transactions', unless(noKafka), version => {
  let cluster: KafkaCluster
  beforeAll(async () => {
    const config = {
      'group.min.session.timeout.ms': 1_000,
      // What the dead have open is looked for this often.
      'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1_000,
    }
    cluster = await startKafka({ version, nodes: 3, config })
  })
  afterAll(() => cluster?.stop())

  test(
    `${each * keys.length} records through three topics, members that come, go and die, nodes killed: each once and in order`,
    async () => {
      const started = performance.now()
      const { brokers } = cluster
      const transport = new Transport({ logger: null })
      const client = new Client({ addr: brokers, transport })
      const topics = ['chain-0', 'chain-1', 'chain-2']
      await client.createTopics({
        topics: topics.map(topic => ({ topic, numPartitions: partitions, replicationFactor: 3 })),
      })
      const history = new History()
      const chance = random(version.length + each)
      const stop = new AbortController()
      const fine = { crashes: 0, left: 0, fenced: 0 }

      /** Keeps so many members at work, of which now and then one leaves or dies, and another comes. */
      async function stage(index: number): Promise<void> {
        const [from, to] = [topics[index]!, topics[index + 1]!]
        const groupId = `stage-${index}`
        const members = new Set<Member>()
        // The first stage's members are ConsumerGroups that look after each step themselves.
        const Kind = index === 0 ? Copier : PipelineCopier
        let made = 0
        const join = (id?: string): void => {
          const name = `${groupId}-${made++}`
          const transactionalId = id ?? name
          const plan = { brokers, from, to, groupId, transactionalId, name, history, size, chance, aborts: 0.05 }
          const member = new Kind(plan)
          members.add(member)
          all.add(member)
        }
        while (members.size < membersAtOnce) join()
        while (!stop.signal.aborted) {
          await pause(full ? 4_000 + 8_000 * chance() : 2_000 + 1_000 * chance())
          if (stop.signal.aborted) break
          const [oldest] = members as Set<Member> & Iterable<Member>
          members.delete(oldest!)
          if (oldest!.fenced) {
            fine.fenced++
            join()
          } else if (chance() < 0.4) {
            await oldest!.die()
            fine.crashes++
            // Who comes instead has the id of the dead, or one of its own: then what is open waits for its timeout.
            if (chance() < 0.8) join(oldest!.transactionalId)
            else join()
          } else {
            await oldest!.leave()
            fine.left++
            join()
          }
        }
        await Promise.all([...members].map(member => member.leave()))
      }
      const all = new Set<Member>()
      const committed = (): number => [...all].reduce((sum, member) => sum + member.committed, 0)
      const troubles = (): number => [...all].reduce((sum, member) => sum + member.troubles, 0)

      /** Fills the first topic, by transactions, too. */
      async function fill(): Promise<void> {
        const writer = new Writer({ addr: brokers, topic: topics[0]!, transport, transactionalId: 'source' })
        const step = Math.ceil(size / keys.length)
        for (let from = 0, round = 0; from < each; round++) {
          const id = `source/${round}`
          const items = Array.from({ length: Math.min(step, each - from) }, (_, i) => from + i)
            .flatMap(number => keys.map(key => ({ key, number })))
            .map((item, i) => ({ ...item, write: `${id}.${i}` }))
          const writes = items.map(({ write }) => write)
          const done = { id, topic: topics[0]!, writes }
          const transaction = await writer.begin().catch(error => {
            if (error instanceof ProducerFencedError) throw error
            return undefined
          })
          if (transaction === undefined) continue
          try {
            await transaction.writeMessages(items.map(item => ({ key: item.key, value: textOf(item) })))
            if (chance() < 0.05) throw new Error('changed my mind')
            while (transaction.state !== 'committed')
              await transaction.commit().catch(error => {
                if (!transaction.inDoubt) throw error
              })
            history.transactions.push({ ...done, outcome: 'committed' })
            from += step
          } catch {
            await transaction.abort().catch(() => {})
            expect(transaction.state).toBe('aborted')
            history.transactions.push({ ...done, outcome: 'aborted' })
          }
        }
        await writer.close()
      }

      const stages = [stage(0), stage(1)]
      const filling = fill()
      const bitten: number[] = []
      /** Until so many more transactions were committed. */
      const progress = async (count: number): Promise<void> => {
        const from = committed()
        while (committed() < from + count && performance.now() - started < patience) await pause(20)
      }
      for (let kill = 0; kill < kills; kill++) {
        await progress(full ? 100 : 5)
        // Who coordinates the second stage's group, and leads a third of all partitions.
        const { coordinator } = await client.findCoordinator({ key: `stage-${kill % 2}` })
        const victim = cluster.nodes.find(({ id }) => id === coordinator!.nodeId)!
        const before = troubles()
        await victim.kill('SIGKILL')
        await progress(full ? 30 : 5)
        await victim.restart()
        await victim.waitUntilReady()
        bitten.push(troubles() - before)
      }
      await filling
      const end = each * keys.length
      const [, , last] = topics as [string, string, string]
      while (performance.now() - started < patience) {
        await pause(200)
        if (history.written(last) >= end && (await contents(client, last, partitions)).flat().length >= end) break
      }
      stop.abort()
      await Promise.all(stages)
      const took = Math.round(performance.now() - started)
      const found: string[] = []
      for (const topic of topics) {
        const seen = await contents(client, topic, partitions)
        found.push(...history.faults(topic, seen), ...misdelivered(keys, each, seen).map(text => `${topic}: ${text}`))
      }
      await transport.close()
      console.log(
        `${version}: ${end} records twice copied in ${took} ms; ${history.count('committed')} transactions committed, ${history.count('aborted')} aborted, ${history.count('unknown')} in doubt; ` +
          `${all.size} members, ${fine.left} left, ${fine.crashes} died, ${fine.fenced} fenced; ${kills} kills, felt by ${bitten} requests`,
      )
      expect(found.slice(0, 20)).toEqual([])
      expect(
        bitten.every(count => count > 0),
        'each kill was felt',
      ).toBe(true)
      expect(fine.crashes + fine.left, 'members came and went').toBeGreaterThan(0)
      expect(history.count('aborted'), 'transactions were aborted').toBeGreaterThan(0)
    },
    patience + 60_000,
  )
})
