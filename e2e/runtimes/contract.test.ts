import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { listen } from '../../adapters/broker/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { adapter as none } from '../../adapters/none/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { embedded } from '../../test/contract/embedded.ts'
import { type Case, type ClusterUnderTest, collect } from '../../test/contract/harness.ts'
import { suites } from '../../test/contract/index.ts'
import { type Lack, unless, unlessFar, unlessFirstSeed } from '../../test/support/left-out.ts'
import { noKafka, sharedKafka } from '../shared.ts'
import { type ContractRun, startContract } from './contract.ts'
import type { Target } from './entries/target.ts'
import { chosenRuntimes, type RuntimeName, runtime, runtimeNames } from './packages.ts'
import { type Cell, Table } from './table.ts'

// Every runtime on every broker takes half an hour (`npm run test:runtimes`). `npm test` has the one that reaches brokers
// by other means than a socket on a real Kafka, and the others on embedded brokers.
const whole = process.env['RUNTIMES'] !== undefined
const onKafka = chosenRuntimes.filter(name => whole || name === 'chromium')
const onEmbedded = chosenRuntimes.filter(name => whole || !onKafka.includes(name))

const table = new Table((whole ? runtimeNames : chosenRuntimes).map(name => runtime(name).label))

if (whole) {
  const kind = 'an embedded broker inside the runtime'
  matrix(kind, chosenRuntimes, { kind: 'embedded', nodes: 1 }, null, async () => ({
    target: { memory: true },
    async stop() {},
  }))
}

matrix('three embedded brokers', onEmbedded, { kind: 'embedded', nodes: 3 }, null, async shape => {
  const broker = new Broker({ brokers: 3, ...embedded, natives })
  const { addresses, close } = await listen(broker)
  const stop = async (): Promise<void> => {
    await close()
    await broker.close()
  }
  return { target: { cluster: { ...shape, brokers: addresses, version: '4.4.0' } }, stop }
})

matrix('Kafka 4.4.0', onKafka, { kind: 'kafka', nodes: 1 }, noKafka, async () => {
  const { stop, ...cluster } = await sharedKafka(1)
  return { target: { cluster }, stop }
})

if (!whole) {
  const others = runtimeNames.filter(name => !chosenRuntimes.includes(name)).map(name => runtime(name).label)
  const command = 'npm run test:runtimes'
  test(
    'the contract in every runtime',
    unless({ why: `in ${others.join(', ')} it takes half an hour`, command }),
    () => {},
  )
}

afterAll(() => {
  if (!whole) return console.log(table.toString())
  const page = new URL('../../docs/runtimes.md', import.meta.url)
  const [begin, end] = ['<!-- table -->\n', '<!-- end of table -->']
  const [before = '', rest = ''] = readFileSync(page, 'utf8').split(begin)
  const [old = '', after = ''] = rest.split(end)
  const text = table.toString(old)
  console.log(text)
  writeFileSync(page, `${before}${begin}${text}\n${end}${after}`)
})

type Shape = Pick<ClusterUnderTest, 'kind' | 'nodes'>

/** Runtime by runtime on one kind of broker. */
function matrix(
  kind: string,
  names: readonly RuntimeName[],
  shape: Shape,
  lack: Lack | null,
  start: (shape: Shape) => Promise<{ target: Target; stop(): Promise<void> }>,
): void {
  const cases = collect(suites, { cluster: { brokers: [], version: 'none', ...shape }, adapter: none, natives })
  describe(`on ${kind}`, () => {
    let started: Awaited<ReturnType<typeof start>> | undefined
    beforeAll(async () => {
      if (lack === null && names.some(name => runtime(name).missing === null)) started = await start(shape)
    })
    afterAll(() => started?.stop())
    for (const name of names) {
      const which = runtime(name)
      describe(`the contract in ${which.label}`, unless(lack, which.missing), () => {
        let contract: ContractRun | undefined
        beforeAll(async () => {
          const without = cases.map(({ name }) => name).filter(name => lackOf(name) !== null)
          contract = await startContract(which, started!.target, { without })
        })
        afterAll(() => contract?.[Symbol.asyncDispose]())
        for (const each of cases)
          one(
            each,
            () => contract!,
            () => table.cell(kind, which.label, suiteOf(each)),
          )
        test('and nothing is left behind', () => contract!.finish())
      })
    }
  })
}

/** Why a case is left out in all runtimes. */
function lackOf(name: string): Lack | null {
  const command = 'npm run test:runtimes'
  return whole ? null : (unlessFar(name, command) ?? unlessFirstSeed(name, command))
}

/** What a case needs and its runtime does not have, the runtime says itself. */
function one({ name, timeoutMs }: Case, contract: () => ContractRun, cellOf: () => Cell): void {
  // The harness in the runtime keeps the deadline; vitest's own comes later so that the harness's message is seen.
  test(name, { ...unless(lackOf(name)), timeout: timeoutMs + 10_000 }, async context => {
    const cell = cellOf()
    cell.fail(name)
    const reason = await contract().outcome(name)
    if (reason === null) return cell.pass(name)
    cell.skip(name, reason)
    context.skip(reason)
  })
}

function suiteOf({ name }: Case): string {
  return name.slice(0, name.indexOf(':'))
}
