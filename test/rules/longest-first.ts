import { BaseSequencer, type TestSpecification } from 'vitest/node'

// Begun last, they would run on by themselves while a core has nothing to do.
const longest = [
  'test/fuzz/embedded-broker.test.ts',
  'test/simulation/worlds.test.ts',
  'test/adapters/bridge-relay.test.ts',
  'test/broker/contract.test.ts',
  'test/fuzz/codecs.test.ts',
  'test/writer/large-requests.test.ts',
  'test/group/living.test.ts',
  'test/transport/hang-ups.test.ts',
  'e2e/runtimes/contract.test.ts',
  'e2e/faults/faults.test.ts',
  'e2e/bridge-contract.test.ts',
  'e2e/contract.three.test.ts',
  'e2e/contract.one.test.ts',
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
