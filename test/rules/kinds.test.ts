import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { kindsProblems } from './kinds.mjs'

const placeholder = '$' + '{what}'
const files: Record<string, string> = {
  'test/a.test.ts': "test('is told', () => {})\ntest.each([1])('%i is left alone', () => {})\n// test('commented')",
  'e2e/b.ts': `export const suite = test => test(\`${placeholder} is told, too\`, () => {})`,
}
const problems = (...rows: string[]): string[] =>
  kindsProblems(['| kind | tests |', '|---|---|', ...rows].join('\n'), path => files[path])

test('kinds with two tests that there are pass', () => {
  expect(
    problems(
      '| **some** | |',
      '| one | `test/a.test.ts` “is told”; “%i is left…” |',
      `| other | \`test/a.test.ts\` “is told”<br>\`e2e/b.ts\` “${placeholder} is told, too” |`,
    ),
  ).toEqual([])
})

test.each([
  ['a single test', '`test/a.test.ts` “is told”', 'fewer than two tests of "one"'],
  ['the same test twice', '`test/a.test.ts` “is told”; “is told”', 'fewer than two tests of "one"'],
  ['no such file', '`test/a.test.ts` “is told”<br>`test/c.test.ts` “is told”', 'there is no test/c.test.ts'],
  ['no such title', '`test/a.test.ts` “is told”; “is left alone”', 'test/a.test.ts has no test "is left alone"'],
  ['a title cut short', '`test/a.test.ts` “%i is left alone”; “is”', 'test/a.test.ts has no test "is"'],
  ['a title in a comment', '`test/a.test.ts` “is told”; “commented”', 'test/a.test.ts has no test "commented"'],
])('%s is told', (_what, cell, told) => {
  expect(problems(`| one | ${cell} |`)).toEqual([`docs/kinds.md: ${told}`])
})

test('a page without a table is told', () => {
  expect(kindsProblems('# Kinds', () => undefined)).toEqual(['docs/kinds.md has no table of kinds'])
})

test('docs/kinds.md is true', () => {
  const read = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, 'utf8') : undefined)
  expect(kindsProblems(readFileSync('docs/kinds.md', 'utf8'), read)).toEqual([])
})
