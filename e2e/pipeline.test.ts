import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client, Transport, Writer } from '../src/index.ts'
import { unless } from '../test/support/left-out.ts'
import { pause } from '../test/support/waiting.ts'
import { full } from './full.ts'
import { type KafkaCluster, startKafka } from './kafka/index.ts'
import { bundle } from './runtimes/bundle.ts'
import { bundlerMissing, runtime } from './runtimes/packages.ts'
import { type Program, startProgram } from './runtimes/program.ts'
import { noKafka } from './shared.ts'
import { contents } from './transactions/contents.ts'
import { type Done, History, misdelivered, textOf } from './transactions/history.ts'

const partitions = 6
const keys = Array.from({ length: 24 }, (_, i) => `key-${i}`)
/** Of each key, in each of the source's transactions, one after the other with a pause between them. */
const perRound = full ? 8 : 5
const roundEvery = 100
const batchSize = 200
const killEvery = 5_000
const duration = full ? 180_000 : 20_000
const patience = duration + 120_000

/** A process with a pipeline in it. */
interface Member {
  readonly name: string
  readonly transactionalId: string
  readonly program: Program
}

const node = { ...runtime('node20'), binary: process.execPath }

// 4.4.0 has the second protocol (KIP-890), 3.9.2 the first.
describe.each(full ? ['4.4.0', '3.9.2'] : ['4.4.0'])(
  'three nodes of Kafka %s, and processes with pipelines that are killed with SIGKILL',
  unless(noKafka, bundlerMissing()),
  version => {
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
      `every ${killEvery / 1_000} s for ${duration / 1_000} s: what comes out is what went in, once and in order`,
      async () => {
        const { brokers } = cluster
        await using transport = new Transport({ logger: null })
        const client = new Client({ addr: brokers, transport })
        const [from, to, groupId] = ['pipeline-in', 'pipeline-out', 'pipeline']
        await client.createTopics({
          topics: [from, to].map(topic => ({ topic, numPartitions: partitions, replicationFactor: 3 })),
        })
        const code = await bundle('e2e/transactions/pipeline-member.ts', 'node')
        const all: Member[] = []
        const alive: Member[] = []
        async function start(id?: string): Promise<Member> {
          const name = `member-${all.length}`
          const transactionalId = id ?? name
          const args = [brokers.join(), from, to, groupId, transactionalId, name, `${batchSize}`]
          const member = { name, transactionalId, program: await startProgram(node, code, args) }
          all.push(member)
          alive.push(member)
          return member
        }
        async function isOpen({ transactionalId }: Member): Promise<boolean> {
          const { transactions } = await client.describeTransactions({ transactionalIds: [transactionalId] })
          return transactions[0]!.state === 'Ongoing'
        }

        const history = new History()
        const started = performance.now()
        // Rivals hear that one of them is over while there is something to read.
        let killing = true
        const isOver = (): boolean => !killing && performance.now() - started > duration
        let each = 0

        /** Fills the first topic for as long as members are killed. */
        async function fill(): Promise<void> {
          const writer = new Writer({ addr: brokers, topic: from, transport, transactionalId: 'source' })
          for (let round = 0; !isOver(); round++) {
            const id = `source/${round}`
            const items = Array.from({ length: perRound }, (_, i) => each + i)
              .flatMap(number => keys.map(key => ({ key, number })))
              .map((item, i) => ({ ...item, write: `${id}.${i}` }))
            await writer.transaction(tx =>
              tx.writeMessages(items.map(item => ({ key: item.key, value: textOf(item) }))),
            )
            const done: Done = { id, topic: from, writes: items.map(({ write }) => write), outcome: 'committed' }
            history.transactions.push(done)
            each += perRound
            await pause(roundEvery)
          }
          await writer.close()
        }

        const tally = { kills: 0, open: 0, fenced: 0 }
        try {
          await start()
          await start()
          const filling = fill()
          // Nobody waits for it before the last kill.
          filling.catch(() => {})
          for (let next = killEvery; next < duration; next += killEvery) {
            await pause(started + next - performance.now())
            const victim = alive.shift()!
            // By turns in the middle of a transaction, as well as can be, and at any moment.
            if (tally.kills % 2 === 0) for (let tries = 0; tries < 500 && !(await isOpen(victim)); tries++);
            await kill(victim)
            if (await isOpen(victim)) tally.open++
            const way = tally.kills++ % 3
            // Who comes instead has the id of the dead; or its own, and what is open waits for its timeout; or that of
            // somebody who is alive: of the two the one that began first is over.
            if (way === 0) await start(victim.transactionalId)
            else if (way === 1) await start()
            else {
              const rivals = [alive[0]!, await start(alive[0]!.transactionalId)]
              const over = await Promise.race(rivals.map(each => each.program.ended.then(() => each)))
              alive.splice(alive.indexOf(over), 1)
              expect(await lastWord(over)).toMatchObject({ outcome: 'fenced' })
              tally.fenced++
              await start()
            }
          }
          killing = false
          await filling
          const end = each * keys.length
          while (performance.now() - started < patience) {
            const seen = await contents(client, to, partitions)
            if (seen.flat().length >= end) break
            await pause(full ? 3_000 : 500)
          }
          const took = Math.round(performance.now() - started)
          for (const { program } of alive) process.kill(program.pid, 'SIGTERM')
          for (const member of alive) expect(await lastWord(member)).toMatchObject({ outcome: 'stopped' })
          const found: string[] = []
          const input = await contents(client, from, partitions)
          found.push(...history.faults(from, input))
          for (const [topic, seen] of [
            [from, input],
            [to, await contents(client, to, partitions)],
          ] as const)
            found.push(...misdelivered(keys, each, seen).map(text => `${topic}: ${text}`))
          console.log(
            `${version}: ${end} records copied in ${took} ms by ${all.length} processes; ${tally.kills} killed, ` +
              `${tally.open} of them in an open transaction, ${tally.fenced} fenced`,
          )
          expect(found.slice(0, 20)).toEqual([])
          expect(tally.open, 'kills that hit an open transaction').toBeGreaterThan(0)
        } finally {
          await Promise.all(all.map(({ program }) => program[Symbol.asyncDispose]()))
        }
      },
      patience + 60_000,
    )
  },
)

/** By SIGKILL. Rejects with what it said, if it had ended by itself. */
async function kill({ name, program }: Member): Promise<void> {
  try {
    process.kill(program.pid, 'SIGKILL')
  } catch {
    // It is not there any more: what it ended with says why.
  }
  const { code, errors } = await program.ended
  expect([name, code, errors]).toEqual([name, null, ''])
}

/** What a member that ends by itself says in the end. */
async function lastWord({ name, program }: Member): Promise<unknown> {
  let last: string | null = null
  for (let line = await program.line(); line !== null; line = await program.line()) last = line
  const { code, errors } = await program.ended
  expect([name, code, errors]).toEqual([name, 0, ''])
  return JSON.parse(last ?? 'null')
}
