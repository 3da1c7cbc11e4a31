import { expect, test } from 'vitest'
import { durationOf } from '../../src/base/duration.ts'
import { ConfigError } from '../../src/base/errors.ts'

test.each([
  [0, 0],
  [1_500, 1_500],
  ['PT1H', 3_600_000],
  ['pt1h30m', 5_400_000],
  ['P7D', 604_800_000],
  ['P1DT2H3M4.5S', 93_784_500],
  ['PT0.001S', 1],
])('%j is %d ms', (given, milliseconds) => {
  expect(durationOf('duration', given)).toBe(milliseconds)
})

test.each([
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '',
  'P',
  'PT',
  'P1DT',
  '1h',
  'PT-1H',
  '-PT1H',
  'P1W',
  'P1Y',
  null,
  {},
  [5],
])('%j is none', given => {
  expect(() => durationOf('duration', given)).toThrow(ConfigError)
  expect(() => durationOf('duration', given)).toThrow(/^duration is no time span: .*PT1H/)
})

test('a text of any length is read in linear time', () => {
  const began = performance.now()
  expect(() => durationOf('duration', `P${'1'.repeat(1_000_000)}`)).toThrow(ConfigError)
  expect(performance.now() - began).toBeLessThan(2_000)
})
