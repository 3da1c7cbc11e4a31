import { afterAll, beforeAll, describe, test } from 'vitest'
import { natives, adapter as nodeAdapter } from '../../adapters/node/index.ts'
import { collect } from '../../test/contract/harness.ts'
import { type SecuredCluster, securedAtATime, securedSuite } from '../../test/contract/secured.ts'
import { unless, unlessFull } from '../../test/support/left-out.ts'
import { embeddedSecured, type Secured } from '../../test/support/secured.ts'
import { atMost } from '../../test/support/waiting.ts'
import { defaultVersion } from '../kafka/index.ts'
import { securedKafka } from '../secured-kafka.ts'
import { noKafka } from '../shared.ts'
import { type ContractRun, startContract } from './contract.ts'
import { chosenRuntimes, type RuntimeName, runtime } from './packages.ts'

// What a secured cluster takes and refuses, with the sockets of each runtime. Node's own runs are test/broker/security and
// e2e/security.

const names = (['deno', 'bun', 'workerd'] as const).filter(name => chosenRuntimes.includes(name))
const adapters: Readonly<Partial<Record<RuntimeName, string>>> = { workerd: 'cloudflare' }

describe('embedded brokers', () => matrix(embeddedSecured))
describe('Kafka', unless(noKafka ?? unlessFull), () => matrix(() => securedKafka(defaultVersion)))

function matrix(start: () => Promise<Secured>): void {
  let cluster: Secured
  beforeAll(async () => {
    cluster = await start()
  })
  afterAll(() => cluster?.stop())
  for (const name of names) {
    const which = runtime(name)
    // The suite asks who it is for; nothing of this is run here.
    const adapter = { ...nodeAdapter, name: adapters[name] ?? name }
    const suites = { secured: securedSuite({} as SecuredCluster) }
    const under = { brokers: [], kind: 'embedded', version: 'none', nodes: 1 } as const
    const cases = collect(suites, { cluster: under, adapter, natives })
    describe(which.label, unless(which.missing), () => {
      let run: ContractRun | undefined
      const outcomes = new Map<string, Promise<unknown>>()
      beforeAll(async () => {
        const { stop: _, ...secured } = cluster
        run = await startContract(which, { secured }, { trusted: [cluster.ca] })
        const begun = atMost(
          securedAtATime,
          cases.map(
            ({ name }) =>
              () =>
                run!.outcome(name),
          ),
        )
        for (const [at, { name }] of cases.entries()) {
          begun[at]!.catch(() => {})
          outcomes.set(name, begun[at]!)
        }
      })
      afterAll(() => run?.[Symbol.asyncDispose]())
      for (const { name, timeoutMs } of cases)
        test(name, { timeout: timeoutMs + 10_000 }, async () => void (await outcomes.get(name)))
      test('and nothing is left behind', () => run!.finish())
    })
  }
}
