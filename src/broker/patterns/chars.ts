import { type CharTest, PatternError } from './program.ts'

export const code = (character: string): number => character.codePointAt(0)!

export function range(from: number, to: number): CharTest {
  return point => point >= from && point <= to
}

export function oneOf(tests: readonly CharTest[]): CharTest {
  return tests.length === 1 ? tests[0]! : point => tests.some(test => test(point))
}

export function not(test: CharTest): CharTest {
  return point => !test(point)
}

const ranges = (...pairs: readonly string[]): CharTest =>
  oneOf(pairs.map(pair => range(code(pair), pair.length > 1 ? pair.charCodeAt(1) : code(pair))))

const digit = ranges('09')
const word = ranges('09', 'AZ', 'az', '_')

export const isWord = word

/** `\d` and its like, in ASCII alone as RE2 has them. */
export const shorthand: Readonly<Record<string, CharTest>> = {
  d: digit,
  D: not(digit),
  s: ranges('\t', '\n', '\f', '\r', ' '),
  S: not(ranges('\t', '\n', '\f', '\r', ' ')),
  w: word,
  W: not(word),
}

/** `[:alpha:]` and its like. */
export const posix: Readonly<Record<string, CharTest>> = {
  alnum: ranges('09', 'AZ', 'az'),
  alpha: ranges('AZ', 'az'),
  ascii: range(0, 0x7f),
  blank: ranges('\t', ' '),
  cntrl: oneOf([range(0, 0x1f), range(0x7f, 0x7f)]),
  digit,
  graph: range(0x21, 0x7e),
  lower: ranges('az'),
  print: range(0x20, 0x7e),
  punct: oneOf([range(0x21, 0x2f), range(0x3a, 0x40), range(0x5b, 0x60), range(0x7b, 0x7e)]),
  space: ranges('\t\r', ' '),
  upper: ranges('AZ'),
  word,
  xdigit: ranges('09', 'AF', 'af'),
}

/** `\pL`, `\p{Greek}`: a general category or a script, as the runtime knows them. */
export function unicode(name: string): CharTest {
  if (!/^[A-Za-z_]+$/.test(name)) throw new PatternError(`no class of characters is named ${name}`)
  if (name === 'Any') return () => true
  for (const property of [`General_Category=${name}`, `Script=${name}`]) {
    try {
      // One character at a time: it can't take long.
      const matcher = new RegExp(`^\\p{${property}}$`, 'u')
      return point => matcher.test(String.fromCodePoint(point))
    } catch {
      // The other, or none.
    }
  }
  throw new PatternError(`no class of characters is named ${name}`)
}

/** As `test`, whether letters are large or small. */
export function anyCase(test: CharTest): CharTest {
  return point => {
    if (test(point)) return true
    const text = String.fromCodePoint(point)
    return [text.toLowerCase(), text.toUpperCase()].some(
      other => other !== text && [...other].length === 1 && test(code(other)),
    )
  }
}
