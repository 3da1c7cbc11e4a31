import { describe, expect, test } from 'vitest'
import { type Played, play, type Wish } from '../../test/simulation/play.ts'
import { full } from '../../test/support/effort.ts'
import { unless, unlessFull, unlessRuntimes } from '../../test/support/left-out.ts'
import { act } from '../browser/act.ts'
import { startStage } from '../browser/stage.ts'
import { bundle } from './bundle.ts'
import { type BrowserName, type Runtime, runtime } from './packages.ts'
import { startProgram } from './program.ts'

const seeds = full ? [1, 2, 3, 4, 5, 6] : [1, 2, 3]
const names = ['node24', 'node26', 'deno', 'bun', 'chromium'] as const

/** Plays worlds in a runtime, one after another. */
async function playIn(which: Runtime, wishes: readonly Wish[]): Promise<Played[]> {
  if (which.condition === 'browser') {
    const stage = await startStage(which.name as BrowserName, [])
    try {
      const page = await stage.open('e2e/browser/entries/simulation.ts')
      const all: Played[] = []
      for (const wish of wishes) all.push(await act<Played>(page, 'play', wish))
      return all
    } finally {
      await stage.close()
    }
  }
  const code = await bundle('e2e/runtimes/entries/simulation.ts', which.condition)
  await using program = await startProgram(
    which,
    code,
    wishes.map(wish => JSON.stringify(wish)),
  )
  const all: Played[] = []
  while (all.length < wishes.length) {
    const line = await program.line()
    if (line === null) expect.fail((await program.ended).errors)
    all.push(JSON.parse(line))
  }
  return all
}

describe('a simulated world is the same, byte for byte, in', () => {
  for (const name of names) {
    const which = runtime(name)
    test(which.label, { ...unless(unlessRuntimes, which.missing), timeout: 120_000 }, async () => {
      for (const [i, there] of (
        await playIn(
          which,
          seeds.map(seed => ({ seed })),
        )
      ).entries()) {
        const here = await play({ seed: seeds[i]! })
        expect(there.trace.length).toBeGreaterThan(50)
        const parts = there.trace.findIndex((line, at) => line !== here.trace[at])
        const around = ({ trace }: Played): string[] =>
          parts < 0 ? [] : trace.slice(Math.max(0, parts - 3), parts + 2)
        expect(around(there), `world ${seeds[i]} parts at line ${parts}`).toEqual(around(here))
        expect(there.trace).toHaveLength(here.trace.length)
        expect(there.anomalies).toEqual(here.anomalies)
      }
    })
  }
})

describe('played as time passes, a world has no anomaly either in', () => {
  for (const name of names) {
    const which = runtime(name)
    // They wait for time, and for no processor.
    test.concurrent(which.label, { ...unless(unlessFull, which.missing), timeout: 600_000 }, async () => {
      const [played] = await playIn(which, [{ seed: 3, realTrouble: 20_000 }])
      expect(played!.trace.length).toBeGreaterThan(50)
      expect(played!.anomalies).toEqual([])
    })
  }
})
