import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Client } from '../src/index.ts'
import { unless } from '../test/support/left-out.ts'
import { full } from './full.ts'
import { type KafkaCluster, startKafka } from './kafka/index.ts'
import { noKafka } from './shared.ts'

// The whole gibibyte takes half a minute and as much disk: `npm run test:full` reads it.
const mebibytes = full ? 1024 : 256
const prefetchMiB = 16
const writerBufferMiB = 64
const runtimeMiB = 64

interface Program {
  line(): Promise<Record<string, number | boolean>>
  go(): void
}

/** `programs/memory.mjs`, in a process whose memory is its own. */
function program(...args: (string | number)[]): Program {
  const child = spawn(process.execPath, ['e2e/programs/memory.mjs', ...args.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async line() {
      const { value, done } = await lines.next()
      if (done === true) throw new Error('the program ended without a word')
      return JSON.parse(value)
    },
    go: () => void child.stdin.write('\n'),
  }
}

describe('memory', unless(noKafka), () => {
  let cluster: KafkaCluster
  let brokers: string
  beforeAll(async () => {
    cluster = await startKafka({ nodes: 1, heap: '512m' })
    brokers = cluster.brokers.join()
    const client = new Client({ addr: cluster.brokers })
    const topics = ['memory-read', 'memory-stall'].map(topic => ({ topic, numPartitions: 6, replicationFactor: 1 }))
    await client.createTopics({ topics })
    await client.close()
  })
  afterAll(() => cluster?.stop())

  test(`reading ${mebibytes} MiB takes no more than the prefetch and ${runtimeMiB} MiB`, async () => {
    const written = await program('write', brokers, 'memory-read', mebibytes).line()
    const read = await program('read', brokers, 'memory-read', mebibytes).line()
    console.log(
      `memory: written with ${written['grownMiB']} MiB more than at the start, read with ${read['grownMiB']} MiB more`,
    )
    expect(read).toMatchObject({ read: mebibytes * 1024, bytes: mebibytes * 1024 * 1024 })
    expect(read['grownMiB']).toBeLessThan(prefetchMiB + runtimeMiB)
  }, 180_000)

  test(`writing to a broker that stopped answering stops growing at the ${writerBufferMiB} MiB of maxBufferedBytes`, async () => {
    const demanded = 256
    const writer = program('stall', brokers, 'memory-stall', demanded)
    await writer.line()
    const [node] = cluster.nodes
    await node!.kill('SIGSTOP')
    writer.go()
    const stalled = await writer.line()
    await node!.kill('SIGCONT')
    const end = await writer.line()
    console.log(
      `memory: stalled with ${stalled['bufferedMiB']} MiB buffered, ${stalled['grownMiB']} MiB more than at the start`,
    )
    expect(stalled['bufferedMiB']).toBeGreaterThan(writerBufferMiB / 2)
    expect(stalled['bufferedMiB']).toBeLessThanOrEqual(writerBufferMiB)
    expect(stalled['acknowledged']).toBe(0)
    expect(stalled['grownMiB']).toBeLessThan(writerBufferMiB + runtimeMiB)
    expect(end['acknowledged']).toBe(demanded * 1024)
  }, 120_000)
})
