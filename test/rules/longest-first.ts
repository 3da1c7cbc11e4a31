import { BaseSequencer, type TestSpecification } from 'vitest/node'

// Begun last, they would run on by themselves. Not more of them: they load the machine, and would all at once.
const longest = ['e2e/runtimes/contract.test.ts']

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
