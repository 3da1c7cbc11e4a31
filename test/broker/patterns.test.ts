import { describe, expect, test } from 'vitest'
import { Pattern, PatternError } from '../../src/broker/patterns/pattern.ts'

const matches = (pattern: string, text: string): boolean => new Pattern(pattern).matches(text)

describe('patterns in the syntax of RE2, held against whole texts', () => {
  test.each([
    ['orders', 'orders'],
    ['orders-.*', 'orders-1'],
    ['a|b|', ''],
    ['(a|bc)+d?', 'abcbca'],
    ['a{2}', 'aa'],
    ['a{2,}', 'aaaa'],
    ['a{0,2}b', 'aab'],
    ['a{,2}', 'a{,2}'],
    ['[a-c]+', 'abc'],
    ['[^a-c]', 'd'],
    ['[]a]+', ']a'],
    ['[a-]+', 'a-'],
    ['[[:digit:][:^alpha:]]+', '1-'],
    ['\\d+\\D', '12x'],
    ['\\pL\\p{Lu}\\p{Greek}\\P{Lu}\\p{^Lu}', 'éÉωéé'],
    ['(?i)äB', 'Äb'],
    ['(?i:a)b', 'Ab'],
    ['(?P<name>a)(?<other>b)', 'ab'],
    ['.', '🦀'],
    ['(?s).', '\n'],
    ['(?m)a$\\n^b', 'a\nb'],
    ['\\Aa\\z', 'a'],
    ['\\ba\\b\\B', 'a'],
    ['\\Q.*\\E', '.*'],
    ['\\x41\\x{1F980}\\101\\t', 'A🦀A\t'],
    ['(a*)*', 'aaa'],
    ['((a?)*b)*', 'aabab'],
  ])('%s matches %j', (pattern, text) => {
    expect(matches(pattern, text)).toBe(pattern !== '\\ba\\b\\B')
  })

  test.each([
    ['orders', 'orders-1'],
    ['a', ''],
    ['.', '\n'],
    ['[^a-c]', 'b'],
    ['a{2}', 'aaa'],
    ['(?i)a(?-i)b', 'AB'],
    ['(?i)[^a]', 'A'],
    ['\\bb', 'ab'],
    ['a$b', 'ab'],
  ])('%s does not match %j', (pattern, text) => {
    expect(matches(pattern, text)).toBe(false)
  })

  test.each([
    ...[
      '(',
      ')',
      '[',
      '*',
      '+a',
      'a**',
      'a++',
      'a{2}{3}',
      'a{2,1}',
      'a{1001}',
      '[z-a]',
      '\\',
      '\\y',
      '\\1',
      '(a)\\1',
      '\\8',
    ],
    ...[
      '(?=a)',
      '(?!a)',
      '(?<=a)',
      '(?<!a)',
      '(?x)',
      '(?',
      '(?P<a',
      '(?P<a>a)(?P<a>b)',
      '(?P<->a)',
      '[[:nope:]]',
      '\\pX',
    ],
    ...['\\p{Nope}', '\\p{L', '\\x{110000}', '\\xg0', '\\Z', '\\C', '\\u0061', '(?#a)', '[a', `${'('.repeat(2000)}`],
    '((a{100}){100}){100}',
  ])('%s is no pattern', pattern => {
    expect(() => new Pattern(pattern)).toThrow(PatternError)
  })

  test.each([
    ['(a+a+)+b', 'a'.repeat(5_000)],
    ['(a|aa)+', `${'a'.repeat(5_000)}b`],
    ['(.*)(.*)(.*)(.*)(.*)(.*)x', 'a'.repeat(5_000)],
    ['((a*)*)*b', 'a'.repeat(5_000)],
  ])('%s, which has ever so many ways, takes time that grows with the text alone', (pattern, text) => {
    const whole = new Pattern(pattern)
    expect(whole.matches(text)).toBe(false)
    const half = new Pattern(pattern)
    half.matches(text.slice(text.length / 2))
    expect(whole.steps / half.steps).toBeLessThan(2.1)
  })

  test('what takes too long all the same is given up', () => {
    expect(() => matches('(a?){1000}'.repeat(3), 'a'.repeat(4_000))).toThrow('takes too long')
    const pattern = new Pattern('.*b')
    expect(() => {
      for (let text = 0; text < 10_000; text++) pattern.matches('a'.repeat(1_000))
    }).toThrow('takes too long')
  })
})
