// @ts-check

/**
 * Tests of one kind that were left out of a run. `command` brings what they lack; null where they run elsewhere.
 * @typedef {{ readonly why: string, readonly command: string | null, readonly tests: number }} LeftOut
 * What came of a run.
 * @typedef {{ passed: number, failed: number, skipped: number, leftOut: LeftOut[] }} Outcome
 */

/** @returns {Outcome} */
export function nothing() {
  return { passed: 0, failed: 0, skipped: 0, leftOut: [] }
}

/** Counts one outcome into another. @param {Outcome} into @param {Outcome} from */
export function add(into, from) {
  into.passed += from.passed
  into.failed += from.failed
  into.skipped += from.skipped
  for (const each of from.leftOut) leaveOut(into, each, each.tests)
}

/**
 * Notes that so many tests were left out. @param {Outcome} into @param {Pick<LeftOut, 'why' | 'command'>} lack @param
 * {number} tests
 */
export function leaveOut(into, { why, command }, tests) {
  const at = into.leftOut.findIndex(each => each.why === why && each.command === command)
  const before = into.leftOut[at]?.tests ?? 0
  into.leftOut.splice(at < 0 ? into.leftOut.length : at, 1, { why, command, tests: before + tests })
}

/** What lacks and can be installed: under CI nothing may. @param {Outcome} outcome */
export function installable({ leftOut }) {
  return leftOut.filter(({ command }) => command !== null && /^(apt-get|npm ci|npm test)/.test(command))
}

/** The table at the end of a run, and the line to grep for. @param {Outcome} outcome */
export function report({ passed, failed, skipped, leftOut }) {
  const rows = leftOut
    .toSorted((a, b) => Number(a.command === null) - Number(b.command === null) || b.tests - a.tests)
    .map(({ tests, why, command }) => [String(tests), why, command ?? '– (these run elsewhere)'])
  const summary = `${passed} passed, ${failed} failed, ${skipped} skipped`
  if (rows.length === 0) return summary
  const all = [['tests', 'left out, because', 'brought by'], ...rows]
  const widths = [0, 1, 2].map(column => Math.max(...all.map(row => /** @type {string} */ (row[column]).length)))
  const lines = all.map(row =>
    row
      .map((cell, column) => (column === 0 ? cell.padStart(widths[0] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
  return ['', ...lines, '', summary].join('\n')
}
