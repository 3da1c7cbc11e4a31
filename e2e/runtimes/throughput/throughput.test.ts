import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unless, unlessFull } from '../../../test/support/left-out.ts'
import { full } from '../../full.ts'
import { noKafka } from '../../shared.ts'
import { type RuntimeName, runtime } from '../packages.ts'
import { type Effort, Fixture, type Measured } from './measure.ts'
import { cannedServer, type FetchServer, kafkaServer } from './servers.ts'
import { ThroughputTable } from './table.ts'

// A share is only worth something on a machine that does nothing else meanwhile. Otherwise an adapter has got slow when
// not even its best turn comes to half of it.
const everywhere = process.env['RUNTIMES'] === 'all'
const whole = everywhere || full
const effort: Omit<Effort, 'depth'> = whole ? { milliseconds: 600, rounds: 5 } : { milliseconds: 50, rounds: 3 }
/** Fetches under way at a time. A Reader has the next under way before it decodes the last. */
const depths = whole ? [1, 2] : [2]

const sockets = ['raw', 'adapter', 'connection', 'WebSocket, ours']
/** The ways of each runtime, the raw socket first, and the least share of its throughput the adapter must have. */
const runtimes: Readonly<Partial<Record<RuntimeName, { readonly ways: readonly string[]; readonly least: number }>>> = {
  node20: { ways: [...sockets, 'raw, by events', 'WebSocket of ws'], least: 0.8 },
  node24: { ways: [...sockets, 'raw, by events', 'WebSocket', 'WebSocket of ws'], least: 0.8 },
  deno: { ways: [...sockets, 'WebSocket'], least: 0.6 },
  bun: { ways: [...sockets, 'WebSocket'], least: 0.6 },
  workerd: { ways: sockets, least: 0.6 },
}
/**
 * Of our WebSocket. Its middle is half, as docs/throughput.md shows; with three processes on two cores each figure
 * varies by a third.
 */
const leastThroughBridge = 0.3
const table = new ThroughputTable()
const noNode = runtime('node24').missing

describe('1 MiB fetches of canned answers', unless(noNode), () => fetches(cannedServer, whole))
// Kafka's own threads want the same two cores, so that the machine's mood is in every turn: the best one is judged.
describe('1 MiB fetches from Kafka', unless(noNode, unlessFull, noKafka), () => fetches(kafkaServer, false))

/** `steady`: the median turn is judged, not the best. */
function fetches(start: () => Promise<FetchServer>, steady: boolean): void {
  let fixture: Fixture | undefined
  beforeAll(async () => {
    fixture = await Fixture.start(await start())
  })
  afterAll(() => fixture?.[Symbol.asyncDispose]())
  for (const [name, { ways, least }] of Object.entries(runtimes)) {
    const which = runtime(name as RuntimeName)
    test(`${which.label}: the adapter's share of the raw socket's throughput`, {
      ...unless(which.missing),
      timeout: 180_000,
    }, async () => {
      let measured: Measured[] = []
      for (const depth of depths) {
        measured = await fixture!.measure(which, ways, { ...effort, depth })
        table.add(fixture!.server, which.label, depth, measured)
      }
      // With one fetch at a time it is measured, too, how quickly processes wake each other.
      for (const { way, share, bestShare } of measured) {
        if (way === 'adapter') expect(steady ? share : bestShare, way).toBeGreaterThan(whole ? least : least / 2)
        if (way === 'WebSocket, ours')
          expect(bestShare, way).toBeGreaterThan(whole ? leastThroughBridge : leastThroughBridge / 2)
      }
    })
  }
}

afterAll(() => {
  const text = table.toString()
  console.log(text)
  if (!everywhere || text === '') return
  const page = new URL('../../../docs/throughput.md', import.meta.url)
  const written = readFileSync(page, 'utf8')
  const [begin, end] = ['<!-- throughput -->', '<!-- end of throughput -->']
  writeFileSync(
    page,
    `${written.slice(0, written.indexOf(begin) + begin.length)}\n${text}\n${written.slice(written.indexOf(end))}`,
  )
})
