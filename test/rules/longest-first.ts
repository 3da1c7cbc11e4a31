import { BaseSequencer, type TestSpecification } from 'vitest/node'

// Begun last, they would run on by themselves while a core has nothing to do.
const longest = [
  'test/fuzz/embedded-broker.test.ts',
  'test/simulation/worlds.test.ts',
  'test/broker/contract.test.ts',
  'test/adapters/bridge-relay.test.ts',
  'test/kafkajs/transcripts/admin.test.ts',
  'test/fuzz/codecs.test.ts',
  'test/cli/records.test.ts',
  'test/group/living.test.ts',
  'test/broker/security.test.ts',
  'test/transport/hang-ups.test.ts',
  'test/misuse/arguments.test.ts',
  'test/group/beginnings.test.ts',
  'test/group/churn.test.ts',
  'test/fuzz/protocol.test.ts',
  'e2e/contract.three.test.ts',
  'e2e/runtimes/contract.test.ts',
  'e2e/faults/faults.test.ts',
  'e2e/broker-differential.test.ts',
  'e2e/package/cli.test.ts',
  'e2e/contract.2.8.2.one.test.ts',
  'e2e/rolling-restart.test.ts',
  'e2e/bridge-contract.test.ts',
  'e2e/runtimes/bridge.test.ts',
  'e2e/codecs.test.ts',
  'e2e/broker-peers.test.ts',
  'e2e/runtimes/security.test.ts',
  'e2e/cli/kafka.test.ts',
  'e2e/demo.test.ts',
  'e2e/package/guides.test.ts',
  'e2e/transactions.test.ts',
]

/** Begins with the files that take longest, then as vitest has it. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const rankOf = ({ moduleId }: TestSpecification): number => {
      const rank = longest.findIndex(path => moduleId.endsWith(path))
      return rank < 0 ? longest.length : rank
    }
    return sorted.sort((a, b) => rankOf(a) - rankOf(b))
  }
}
