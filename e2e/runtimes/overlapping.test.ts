import { describe, expect, test } from 'vitest'
import { listen } from '../../adapters/broker/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Reader } from '../../src/index.ts'
import { unless } from '../../test/support/left-out.ts'
import { bundle } from './bundle.ts'
import type { Job } from './entries/overlapping-worker.ts'
import { runtime } from './packages.ts'
import { startWorker, type Worker } from './workerd.ts'

const { missing } = runtime('workerd')
const requests = 20

interface Outcome {
  readonly done?: string
  readonly name?: string
  readonly error?: string
  readonly afterMs?: number
}

async function post(worker: Worker, job: Job): Promise<Outcome> {
  const response = await fetch(worker.url, {
    method: 'POST',
    body: JSON.stringify(job),
    signal: AbortSignal.timeout(30_000),
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${response.status} ${text} ${worker.log()}`)
  return JSON.parse(text)
}

describe.each(['transport', 'writer', 'reader'] as const)('a Worker that keeps a %s', unless(missing), uses => {
  test(`${requests} overlapping requests, one of them with that: it is told at once, and the others are unharmed`, async () => {
    const broker = new Broker({ natives, topics: [{ name: 't' }] })
    const door = await listen(broker)
    await using worker = await startWorker(await bundle('e2e/runtimes/entries/overlapping-worker.ts', 'workerd'))
    const job = { broker: door.addresses[0]!, topic: 't' }
    expect(await post(worker, { ...job, value: 'keeper', keeps: true, together: 1 })).toEqual({ done: 'keeper' })
    const guilty = 7
    const values = Array.from({ length: requests }, (_, number) => `request ${number}`)
    const outcomes = await Promise.all(
      values.map((value, number) =>
        post(worker, { ...job, value, together: 1 + requests, ...(number === guilty && { uses }) }),
      ),
    )
    const told = outcomes[guilty]!
    expect(told, JSON.stringify(told)).toMatchObject({
      name: 'ConfigError',
      error: expect.stringContaining('made in another request'),
    })
    expect(told.afterMs, 'how long it took to be told, ms').toBeLessThan(1_000)
    const innocent = values.filter((_, number) => number !== guilty)
    expect(outcomes.filter((_, number) => number !== guilty)).toEqual(innocent.map(value => ({ done: value })))
    // What it used is none the worse for others who make their own.
    expect(await post(worker, { ...job, value: 'afterwards', together: 1 })).toEqual({ done: 'afterwards' })

    const reader = new Reader({ brokers: door.addresses, topic: 't', partition: 0 })
    const there: string[] = []
    while (there.length < innocent.length + 2) there.push((await reader.readMessage()).text())
    expect(await reader.readLag(), 'messages beyond those acknowledged').toBe(0)
    expect(there.sort()).toEqual(['keeper', 'afterwards', ...innocent].sort())
    await reader.close()
    await door.close()
    await broker.close()
  }, 60_000)
})
