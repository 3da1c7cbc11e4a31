import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { Client } from '../src/index.ts'
import { unless, unlessFull } from '../test/support/left-out.ts'
import { startKafka } from './kafka/index.ts'
import { runtime } from './runtimes/packages.ts'
import { noKafka } from './shared.ts'

const minutes = Number(process.env['SOAK_MINUTES'] ?? 30)
/** So long it may grow: caches fill, code is compiled. */
const settling = (minutes / 6) * 60
const flatMiB = 10

interface Look {
  readonly seconds: number
  readonly rss: number
  readonly heap: number
  readonly external: number
}

test(`${minutes} minutes of writing, of a group that is divided again and again, of brokers that die: memory stays flat, nothing is left open`, {
  ...unless(noKafka, runtime('node24').missing, unlessFull),
  timeout: (minutes + 10) * 60_000,
}, async () => {
  const cluster = await startKafka({ nodes: 3 })
  onTestFinished(() => cluster.stop())
  await using client = new Client({ addr: cluster.brokers })
  await client.createTopics({ topics: [{ topic: 'soak', numPartitions: 6, replicationFactor: 3 }] })
  const args = ['--expose-gc', 'e2e/programs/soak.mjs', cluster.brokers.join(), 'soak', String(minutes)]
  const program = spawn(runtime('node24').binary, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void program.kill('SIGKILL'))
  let isOver = false
  let kills = 0
  const dying = (async () => {
    for (let at = 0; !isOver; at++) {
      await pause(20_000)
      if (isOver) return
      const node = cluster.nodes[at % 3]!
      await node.kill()
      kills++
      await pause(5_000)
      await node.restart()
      await node.waitUntilReady()
    }
  })()

  const looks: Look[] = []
  const others: Record<string, unknown>[] = []
  try {
    for await (const line of createInterface({ input: program.stdout })) {
      const told = JSON.parse(line)
      if ('rss' in told) looks.push(told)
      else others.push(told)
    }
  } finally {
    isOver = true
    await dying
  }
  const settled = looks.filter(({ seconds }) => seconds >= settling)
  const of = (what: 'rss' | 'heap' | 'external'): string => {
    const all = settled.map(each => each[what])
    return `${what} ${Math.min(...all).toFixed(1)} to ${Math.max(...all).toFixed(1)} MiB`
  }
  console.log(`soak: ${kills} brokers died; ${of('rss')}, ${of('heap')}, ${of('external')}; ${JSON.stringify(others)}`)
  expect(others).toHaveLength(1)
  const [{ written, read, open } = {}] = others
  expect(read).toBe(written)
  // Pipes are standard input and output.
  expect((open as string[]).filter(each => !/Pipe/.test(each))).toEqual([])
  // A quarter by a quarter: a single look may meet what is on its way.
  const quarter = (at: number): number => Math.floor((at * settled.length) / 4)
  const middles = [0, 1, 2, 3].map(at => {
    const part = settled.slice(quarter(at), quarter(at + 1)).map(({ rss }) => rss)
    return part.sort((a, b) => a - b)[part.length >> 1]!
  })
  expect(Math.max(...middles) - middles[0]!).toBeLessThan(flatMiB)
})
