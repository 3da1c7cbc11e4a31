import { describe, expect, test } from 'vitest'
import { listen } from '../adapters/broker/index.ts'
import { natives } from '../adapters/node/index.ts'
import { deferred } from '../src/base/deferred.ts'
import { Broker } from '../src/broker/index.ts'
import { Client, Transport, Writer } from '../src/index.ts'
import { unless, unlessFull } from '../test/support/left-out.ts'
import { pause, until } from '../test/support/waiting.ts'
import { full } from './full.ts'
import { contractConfig, startKafka } from './kafka/index.ts'
import { bundle } from './runtimes/bundle.ts'
import { bundlerMissing, runtime } from './runtimes/packages.ts'
import { type Program, startProgram } from './runtimes/program.ts'
import { noKafka } from './shared.ts'

const partitions = 6
const node = { ...runtime('node20'), binary: process.execPath }

interface Place {
  readonly brokers: readonly string[]
  /** The shortest there may be, in milliseconds. */
  readonly sessionTimeout: number
  stop(): Promise<void>
}

/** What one process has handled. */
interface Member {
  readonly program: Program
  readonly handled: { readonly partition: number; readonly offset: number }[]
  /** Resolves once it listens to signals. */
  readonly begun: Promise<void>
  /** Resolves with its last line. */
  readonly ended: Promise<string | undefined>
}

describe('processes that handle messages by run, killed with SIGKILL', unless(bundlerMissing()), () => {
  handled('the embedded broker', embedded, { duration: full ? 60_000 : 9_000, killEvery: 1_500 })

  describe('with a real Kafka', unless(unlessFull, noKafka), () => {
    handled('Kafka', kafka, { duration: 90_000, killEvery: 4_000 })
  })
})

async function embedded(): Promise<Place> {
  const broker = new Broker({
    natives,
    configs: { 'group.min.session.timeout.ms': '1000', 'group.consumer.session.timeout.ms': '1000' },
  })
  const { addresses, close } = await listen(broker)
  return {
    brokers: addresses,
    sessionTimeout: 1_000,
    async stop() {
      await close()
      await broker.close()
    },
  }
}

async function kafka(): Promise<Place> {
  const config = {
    ...contractConfig,
    'group.consumer.session.timeout.ms': 2_000,
    'group.min.session.timeout.ms': 1_000,
  }
  const cluster = await startKafka({ version: '4.4.0', nodes: 1, config })
  return { brokers: cluster.brokers, sessionTimeout: 2_000, stop: () => cluster.stop() }
}

function handled(
  where: string,
  open: () => Promise<Place>,
  { duration, killEvery }: { duration: number; killEvery: number },
): void {
  test.each(full ? ['classic', 'consumer'] : ['classic'])(
    `one of three every ${killEvery} ms, on ${where}, by the %s protocol: nothing is lost`,
    // Beside all else of a usual run a process now and then ends without its last word, and why is not known yet.
    { ...unless(unlessFull), timeout: duration + 120_000 },
    async protocol => {
      const place = await open()
      const all: Member[] = []
      try {
        await using transport = new Transport({ logger: null })
        const client = new Client({ addr: place.brokers, transport })
        await client.createTopics({ topics: [{ topic: 'work', numPartitions: partitions, replicationFactor: 1 }] })
        await client.waitForTopic({ topic: 'work' })
        const code = await bundle('e2e/running/member.ts', 'node')
        const start = async (): Promise<Member> => {
          const args = [place.brokers.join(), 'work', 'workers', protocol, `${place.sessionTimeout}`]
          const member = follow(await startProgram(node, code, args))
          all.push(member)
          return member
        }
        const alive = [await start(), await start(), await start()]
        const ends = Array.from({ length: partitions }, () => 0)
        const since = performance.now()
        await using writer = new Writer({ addr: place.brokers, topic: 'work', transport })
        let kills = 0
        for (let next = killEvery; performance.now() - since < duration; ) {
          // A quarter of what six partitions can be handled of meanwhile.
          const some = Array.from({ length: 12 }, (_, i) => ({ partition: i % partitions, value: `${i}` }))
          await writer.writeMessages(some)
          for (const { partition } of some) ends[partition]!++
          await pause(50)
          if (performance.now() - since < next) continue
          next += killEvery
          const victim = alive.shift()!
          process.kill(victim.program.pid, 'SIGKILL')
          await victim.ended
          kills++
          alive.push(await start())
        }
        // The last of each partition, written when nobody dies any more: what a dead one handled last nobody commits before
        // its session is over.
        await writer.writeMessages(ends.map((_, partition) => ({ partition, value: 'last' })))
        for (const partition of ends.keys()) ends[partition]!++
        const missing = (): number => {
          const seen = new Set(
            all.flatMap(each => each.handled.map(({ partition, offset }) => `${partition}/${offset}`)),
          )
          return ends.reduce((sum, end) => sum + end, 0) - seen.size
        }
        await until(AbortSignal.timeout(60_000), () => missing() === 0)
        // Before it listens to signals one would end it.
        for (const { begun } of alive) await begun
        for (const { program } of alive) process.kill(program.pid, 'SIGTERM')
        for (const { ended, program } of alive) {
          const last = await ended
          expect({ last, ...(await program.ended) }).toEqual({ last: 'stopped', code: 0, errors: '' })
        }
        const { topics } = await client.offsetFetch({ groupId: 'workers', topics: { work: ends.map((_, i) => i) } })
        expect(topics['work']!.map(({ committedOffset }) => committedOffset)).toEqual(ends)
        const count = all.reduce((sum, each) => sum + each.handled.length, 0)
        const sent = ends.reduce((sum, end) => sum + end, 0)
        console.log(`${where}, ${protocol}: ${sent} messages, ${kills} kills, ${count - sent} handled again`)
        // A dead one leaves what it had handled in the last tenths of a second, not all that it ever did.
        expect(count - sent).toBeLessThan(sent / 2)
      } finally {
        await Promise.all(all.map(({ program }) => program[Symbol.asyncDispose]()))
        await place.stop()
      }
    },
  )
}

function follow(program: Program): Member {
  const handled: Member['handled'] = []
  const begun = deferred<void>()
  const read = async (): Promise<string | undefined> => {
    let last: string | undefined
    for (let line = await program.line(); line !== null; line = await program.line()) {
      const [, partition, offset] = /^(\d+) (\d+)$/.exec(line) ?? []
      if (offset !== undefined) handled.push({ partition: Number(partition), offset: Number(offset) })
      begun.resolve()
      last = line
    }
    return last
  }
  return { program, handled, begun: begun.promise, ended: read() }
}
