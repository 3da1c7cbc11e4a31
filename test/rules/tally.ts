import { writeFileSync } from 'node:fs'
import type { Reporter, TestCase, TestModule, TestRunEndReason, Vitest } from 'vitest/node'
import type { Lack } from '../support/left-out.ts'
import { installable, leaveOut, nothing, report } from './left-out.mjs'

/**
 * Ends a run with a table of what was left out, why, and the command that brings it, and with one plain line to grep
 * for: all computed from the results. A file that fails outside its tests counts as a failure; under CI, so does
 * whatever could be installed and is not.
 * `TALLY` names a file for all of it, as JSON, to be reported by whoever runs this run.
 */
export default class Tally implements Reporter {
  /** Whether tests were chosen by name, so that others are skipped for that alone. */
  #chosen = false

  onInit({ config }: Vitest): void {
    this.#chosen = config.testNamePattern !== undefined
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[], reason: TestRunEndReason): void {
    const outcome = { ...nothing(), failed: errors.length }
    for (const module of modules) {
      outcome.failed += module.errors().length
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state !== 'pending') outcome[state]++
        else outcome.failed++
        if (state === 'skipped' && !this.#chosen) leaveOut(outcome, lackOf(test), 1)
      }
    }
    // What fails before any file is read, as a global setup, is in no list.
    if (reason === 'failed' && outcome.failed === 0) outcome.failed = 1
    if (process.env['CI'] === 'true' && installable(outcome).length > 0) {
      outcome.failed++
      process.exitCode = 1
    }
    const file = process.env['TALLY']
    if (file !== undefined) return writeFileSync(file, JSON.stringify(outcome))
    // Vitest prints its own summary in the same hook; this comes after it.
    setImmediate(() => console.log(report(outcome)))
  }
}

function lackOf(test: TestCase): Lack {
  const { leftOut } = test.meta()
  if (leftOut !== undefined) return leftOut
  const result = test.result()
  if (result.state === 'skipped' && result.note) return { why: result.note, command: null }
  const { relativeModuleId: file } = test.module
  return {
    why: test.module.ok() ? `no reason is given: ${file}` : `what comes before them failed: ${file}`,
    command: null,
  }
}
