import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { type Lack, unless, unlessFull } from '../../support/left-out.ts'
import { mutants } from './list.ts'
import { mutated } from './mutate.ts'

const run = promisify(execFile)

// It reads TypeScript.
const node = fileURLToPath(new URL('../../../bench/node_modules/.bin/node', import.meta.url))
const noNode: Lack | null = existsSync(node)
  ? null
  : { why: 'Node 24 is not installed', command: 'npm ci --prefix bench' }

describe('the simulation finds', unless(unlessFull, noNode), () => {
  test.each(mutants)('$name', { timeout: 600_000 }, async mutant => {
    const { dir, dispose } = mutated(mutant)
    try {
      const args = ['--no-warnings', '--conditions', 'isokafka-source', 'test/simulation/main.ts']
      const played = ['--fault', mutant.faults.join(), '--workload', mutant.workloads.join()]
      const given = ['--seed', String(mutant.seed), '--worlds', '60', '--release', '4.4', '--first', ...played]
      const { stdout, code } = await run(node, [...args, ...given], { cwd: dir }).then(
        ({ stdout }) => ({ stdout, code: 0 }),
        (error: { stdout: string; code: number }) => error,
      )
      expect(code, stdout).toBe(1)
      expect(stdout).toMatch(new RegExp(`  (${mutant.kind}): `))
    } finally {
      dispose()
    }
  })
})

test.each(mutants)('$name: that can still be put into the code', ({ file, from }) => {
  expect(readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8').split(from)).toHaveLength(2)
})
