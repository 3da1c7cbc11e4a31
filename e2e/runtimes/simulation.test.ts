import { describe, expect, test } from 'vitest'
import { planOf, simulate } from '../../test/simulation/run.ts'
import { unless } from '../../test/support/left-out.ts'
import { bundle } from './bundle.ts'
import { runtime } from './packages.ts'
import { startProgram } from './program.ts'

const seeds = [1, 2, 3, 4, 5, 6]

describe('a simulated world is the same, byte for byte, in', () => {
  for (const name of ['node24', 'node26', 'deno', 'bun'] as const) {
    const which = runtime(name)
    test(which.label, { ...unless(which.missing), timeout: 120_000 }, async () => {
      const code = await bundle('e2e/runtimes/entries/simulation.ts', which.condition)
      await using program = await startProgram(which, code, seeds.map(String))
      for (const seed of seeds) {
        const line = await program.line()
        if (line === null) expect.fail((await program.ended).errors)
        const there = JSON.parse(line)
        const { trace, anomalies } = await simulate(planOf(seed))
        expect(there.trace.length).toBeGreaterThan(50)
        const parts = there.trace.findIndex((line: string, at: number) => line !== trace[at])
        const around = (lines: string[]): string[] => (parts < 0 ? [] : lines.slice(Math.max(0, parts - 3), parts + 2))
        expect(around(there.trace), `world ${seed} parts at line ${parts}`).toEqual(around([...trace]))
        expect(there.trace).toHaveLength(trace.length)
        expect(there.anomalies).toEqual(anomalies)
      }
    })
  }
})
