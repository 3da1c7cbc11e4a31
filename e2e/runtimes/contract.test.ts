import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { listen } from '../../adapters/broker/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { adapter as none } from '../../adapters/none/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { embedded } from '../../test/contract/embedded.ts'
import { type Case, type ClusterUnderTest, collect } from '../../test/contract/harness.ts'
import { suites } from '../../test/contract/index.ts'
import { type Lack, unless, unlessFirstSeed } from '../../test/support/left-out.ts'
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

