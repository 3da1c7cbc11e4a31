import { afterAll, beforeAll, describe, test } from 'vitest'
import { natives } from '../../adapters/node/index.ts'
import { collect } from '../../test/contract/harness.ts'
import { unless } from '../../test/support/left-out.ts'
import { type ContractRun, startContract } from './contract.ts'
import { adapterSuite } from './entries/adapter-suite.ts'
import { chosenRuntimes, type RuntimeName, runtime } from './packages.ts'
import { type Peers, startPeers } from './peers.ts'

// One Node is enough: its adapter has tests of its own.
const dialing: readonly RuntimeName[] = ['node24', 'deno', 'bun', 'workerd']
const names = dialing.filter(name => chosenRuntimes.includes(name))
const adapters: Readonly<Partial<Record<RuntimeName, string>>> = { deno: 'deno', bun: 'bun', workerd: 'cloudflare' }

describe('what an adapter owes to those above it', () => {
  let peers: Peers & AsyncDisposable
  beforeAll(async () => {
    peers = await startPeers()
  })
  afterAll(() => peers[Symbol.asyncDispose]())

  for (const name of names) {
    const which = runtime(name)
    describe(which.label, () => {
      let run: ContractRun | undefined
      beforeAll(async () => {
        const { ports, ca, client, pfx, stranger } = peers
        if (which.missing === null)
          run = await startContract(which, { peers: { ports, ca, client, pfx, stranger } }, { trusted: [ca] })
      })
      afterAll(() => run?.[Symbol.asyncDispose]())
      // The suite asks who it is for; nothing of this is run here.
      const named = { name: adapters[name] ?? 'node', dial: () => Promise.reject(new Error('never dialed')) }
      const cluster = { brokers: [], kind: 'embedded', version: 'none', nodes: 0 } as const
      const unused = { ports: {}, ca: '', client: {}, stranger: '' } as unknown as Peers
      for (const each of collect({ adapter: adapterSuite(unused) }, { cluster, adapter: named, natives })) {
        test(each.name, { ...unless(which.missing), timeout: each.timeoutMs + 10_000 }, async () => {
          await run!.outcome(each.name)
        })
      }
    })
  }
})
