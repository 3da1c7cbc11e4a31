import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { listen } from '../../adapters/broker/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { adapter as none } from '../../adapters/none/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { type Case, type ClusterUnderTest, collect } from '../../test/contract/harness.ts'
import { suites } from '../../test/contract/index.ts'
import { noKafka, sharedKafka } from '../shared.ts'
import { type ContractRun, startContract } from './contract.ts'
import type { Target } from './entries/target.ts'
import { type RuntimeName, runtime, runtimeNames } from './packages.ts'
import { Table } from './table.ts'

// Every runtime against every broker takes half an hour: `npm run test:runtimes`. Otherwise those that Node's own runs don't cover.
const all = process.env['RUNTIMES'] === 'all'
const names: readonly RuntimeName[] = all ? runtimeNames : ['deno', 'bun', 'workerd']

const table = new Table(names.map(runtime))

/** Broker by broker, and on each one runtime by runtime. */
function matrix(kind: string, shape: Pick<ClusterUnderTest, 'kind' | 'nodes'>, target: () => Target, given: { skip: string | null }): void {
  const cases = collect(suites, { cluster: { brokers: [], version: 'none', ...shape }, adapter: none, natives })
  for (const name of names) {
    const which = runtime(name)
    const skip = given.skip ?? which.missing
    describe(`the contract in ${which.label} on ${kind}`, () => {
      let contract: ContractRun | undefined
      beforeAll(async () => {
        if (skip === null) contract = await startContract(which, target())
      })
      afterAll(() => contract?.[Symbol.asyncDispose]())
      for (const each of cases) one(each, skip, () => contract!, table.cell(kind, which.label, suiteOf(each)))
    })
  }
}

function one({ name, timeoutMs, missing }: Case, skip: string | null, contract: () => ContractRun, cell: ReturnType<Table['cell']>): void {
  const reason = skip ?? (missing.length > 0 ? `needs ${missing.join(', ')}` : null)
  // The harness in the runtime keeps the deadline; vitest's own comes later so that the harness's message is seen.
  test(reason === null ? name : `${name} (${reason})`, { timeout: timeoutMs + 10_000 }, async context => {
    if (reason !== null) {
      cell.skip(reason)
      context.skip(reason)
    }
    cell.fail(name)
    await contract().outcome(name)
    cell.pass(name)
  })
}

function suiteOf({ name }: Case): string {
  return name.slice(0, name.indexOf(':'))
}

if (all) matrix('the embedded broker inside the runtime', { kind: 'embedded', nodes: 1 }, () => ({ memory: true }), { skip: null })

describe('over TCP', () => {
  const broker = new Broker({ racks: ['a', 'b', 'c'], numPartitions: 6, natives })
  let close: (() => Promise<void>) | undefined
  let cluster: ClusterUnderTest
  beforeAll(async () => {
    const door = await listen(broker)
    close = () => door.close()
    cluster = { brokers: door.addresses, kind: 'embedded', version: '4.4.0', nodes: 1 }
  })
  afterAll(async () => {
    await close?.()
    await broker.close()
  })
  matrix('the embedded broker over TCP', { kind: 'embedded', nodes: 1 }, () => ({ cluster }), { skip: null })
})

if (all) {
  describe('over TCP', () => {
    let cluster: ClusterUnderTest & { stop(): Promise<void> }
    beforeAll(async () => {
      if (!noKafka) cluster = await sharedKafka(1)
    })
    afterAll(() => cluster?.stop())
    const skip = noKafka ? 'no Kafka can be started here' : null
    matrix('Kafka 4.4.0', { kind: 'kafka', nodes: 1 }, () => ({ cluster: { ...cluster, stop: undefined } as ClusterUnderTest }), { skip })
  })
}

afterAll(() => {
  const text = table.toString()
  console.log(text)
  if (!all) return
  const page = new URL('../../docs/runtimes.md', import.meta.url)
  const written = readFileSync(page, 'utf8')
  const [begin, end] = ['<!-- table -->', '<!-- end of table -->']
  writeFileSync(page, `${written.slice(0, written.indexOf(begin) + begin.length)}\n${text}\n${written.slice(written.indexOf(end))}`)
})
