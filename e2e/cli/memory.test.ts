import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Client } from '../../src/client/client.ts'
import { unless, unlessFull } from '../../test/support/left-out.ts'
import { type KafkaCluster, startKafka } from '../kafka/index.ts'
import { noKafka } from '../shared.ts'

const mebibytes = 512
/** What Node takes by itself, and what is under way: the input's 8 MiB, and the batches made of it. */
const mostMiB = 256

// A process tells the most memory that it ever had when it ends.
const tellsMemory = `data:text/javascript,${encodeURIComponent(
  "process.on('exit', () => process.stderr.write(process.resourceUsage().maxRSS + ' KiB\\n'))",
)}`

interface Ran {
  readonly status: number
  readonly lines: number
  readonly peakMiB: number
}

/** `dist/cli.js` in a process whose memory is its own. `input` is so many MiB of lines of 1,024 bytes. */
async function run(args: readonly string[], input = 0): Promise<Ran> {
  const child = spawn(process.execPath, ['--import', tellsMemory, 'dist/cli.js', ...args], { stdio: 'pipe' })
  onTestFinished(() => void child.kill('SIGKILL'))
  let lines = 0
  let errors = ''
  child.stdout.on('data', (piece: Buffer) => {
    for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) lines++
  })
  child.stderr.setEncoding('utf8').on('data', text => (errors += text))
  const ended = once(child, 'close')
  const mebibyte = Buffer.from(`${'x'.repeat(1_023)}\n`.repeat(1_024))
  for (let i = 0; i < input && child.stdin.writable; i++)
    if (!child.stdin.write(mebibyte)) await Promise.race([once(child.stdin, 'drain'), ended])
  child.stdin.end()
  const [status] = await ended
  const [, peak] = /^(\d+) KiB\n$/.exec(errors) ?? []
  if (peak === undefined) throw new Error(`ended with ${status}: ${errors}`)
  return { status, lines, peakMiB: Math.round(Number(peak) / 1024) }
}

describe('the memory of the command line', unless(noKafka, unlessFull), () => {
  let cluster: KafkaCluster
  const topic = 'piped'
  beforeAll(async () => {
    cluster = await startKafka({ heap: '512m' })
    await using client = new Client({ addr: cluster.brokers })
    await client.createTopics({ topics: [{ topic, numPartitions: 6 }] })
  })
  afterAll(() => cluster?.stop())

  test(`${mebibytes} MiB go in by produce and out by consume, in ${mostMiB} MiB each`, async () => {
    const place = ['-b', cluster.brokers.join()]
    const written = await run(['produce', topic, ...place], mebibytes)
    const read = await run(['consume', topic, '-o', 'start', '-e', ...place])
    console.log(`memory: produce ${written.peakMiB} MiB, consume ${read.peakMiB} MiB`)
    expect(written.status).toBe(0)
    expect(read).toMatchObject({ status: 0, lines: mebibytes * 1_024 })
    expect(Math.max(written.peakMiB, read.peakMiB)).toBeLessThan(mostMiB)
  }, 180_000)
})
