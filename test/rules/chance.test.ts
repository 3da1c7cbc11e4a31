import { describe, expect, test } from 'vitest'
import { chanceProblems } from './chance.mjs'

const problems = (path: string, text: string) => chanceProblems(new Map([[path, text]]))

describe('time and chance in the library', () => {
  test.each([
    ['src/reader/a.ts', 'const a = Math.random()', 'Math.random'],
    ['src/reader/a.ts', 'const { random } = Math', 'Math.random'],
    ['src/reader/a.ts', "const a = Math['random']()", 'Math.random'],
    ['src/reader/a.ts', 'export const a = (now = Date.now) => now()', 'Date.now'],
    ['src/reader/a.ts', 'const a = new Date()', 'new Date()'],
    ['src/reader/a.ts', 'const a = Date()', 'Date()'],
    ['src/reader/a.ts', 'const a = performance.now()', 'performance'],
    ['src/reader/a.ts', 'setTimeout(() => {}, 1)', 'setTimeout'],
    ['src/reader/a.ts', 'const later = globalThis.setImmediate', 'setImmediate'],
    ['src/reader/a.ts', 'queueMicrotask(() => {})', 'queueMicrotask'],
    ['src/broker/a.ts', 'crypto.getRandomValues(new Uint8Array(1))', 'crypto.getRandomValues'],
    ['adapters/memory/a.ts', 'crypto.randomUUID()', 'crypto.randomUUID'],
  ])('%s: %s', (path, text, name) => {
    expect(problems(path, text)).toEqual([
      `${path} uses ${name}: time and chance come from the clock (src/base/clock.ts)`,
    ])
  })

  test.each([
    ['src/reader/a.ts', 'const a = new Date(timestamp)'],
    ['src/reader/a.ts', 'const a = clock.now() + clock.random()'],
    ['src/reader/a.ts', '// Math.random()\nconst a = "Date.now()"'],
    ['src/base/clock.ts', 'export const a = () => performance.now() + Math.random()'],
    ['adapters/node/a.ts', 'setTimeout(() => {}, 1)'],
  ])('%s may have %s', (path, text) => {
    expect(problems(path, text)).toEqual([])
  })
})
