import { afterAll, describe, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { embedded } from '../contract/embedded.ts'
import { collect } from '../contract/harness.ts'
import { suites } from '../contract/index.ts'
import { needing, unless } from '../support/left-out.ts'

// The cases wait more than they work, and know nothing of each other.
describe.concurrent.each([1, 3])('the contract on an embedded broker of %i', nodes => {
  const broker = new Broker({ brokers: nodes, ...embedded, natives })
  const cluster = { brokers: broker.addresses, kind: 'embedded', version: '4.4.0', nodes } as const
  for (const { name, timeoutMs, missing, run } of collect(suites, {
    cluster,
    adapter: memory(broker, natives),
    natives,
  })) {
    test(name, { ...unless(needing(missing)), timeout: timeoutMs + 5000 }, run)
  }
  afterAll(() => broker.close())
})
