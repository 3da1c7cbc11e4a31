import { anyCase, code, isWord, not, oneOf, posix, range, shorthand, unicode } from './chars.ts'
import { type Boundary, type CharTest, type Node, PatternError } from './program.ts'

const mostNested = 1000
const mostRepeats = 1000
const newline = 10

const begin: Boundary = before => before < 0
const end: Boundary = (_before, after) => after < 0
const beginOfLine: Boundary = before => before < 0 || before === newline
const endOfLine: Boundary = (_before, after) => after < 0 || after === newline
const atWord: Boundary = (before, after) => isWord(before) !== isWord(after)

interface Flags {
  readonly i: boolean
  readonly m: boolean
  readonly s: boolean
}

/** What a pattern in RE2's syntax says; a PatternError when it is none. Neither look-around nor references are. */
export function parsePattern(text: string): Node {
  return new Parser(text).whole()
}

class Parser {
  readonly #text: readonly string[]
  #at = 0
  #depth = 0
  #flags: Flags = { i: false, m: false, s: false }
  readonly #names = new Set<string>()

  constructor(text: string) {
    this.#text = [...text]
  }

  whole(): Node {
    const node = this.#alternatives()
    if (this.#at < this.#text.length) throw new PatternError('a ) without its (')
    return node
  }

  #peek(ahead = 0): string | undefined {
    return this.#text[this.#at + ahead]
  }

  #take(): string {
    const taken = this.#text[this.#at++]
    if (taken === undefined) throw new PatternError('the pattern ends too early')
    return taken
  }

  /** Moves over a text, if it is next. */
  #accept(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.#peek(i) !== text[i]) return false
    this.#at += text.length
    return true
  }

  #alternatives(): Node {
    if (++this.#depth > mostNested) throw new PatternError('the pattern is nested too deeply')
    const parts = [this.#sequence()]
    while (this.#accept('|')) parts.push(this.#sequence())
    this.#depth--
    return parts.length === 1 ? parts[0]! : { kind: 'any', parts }
  }

  #sequence(): Node {
    const parts: Node[] = []
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek()) {
      if (this.#accept('\\Q')) {
        const from = parts.length
        while (this.#peek() !== undefined && !this.#accept('\\E')) parts.push(this.#literal(this.#take()))
        if (parts.length > from) parts.push(this.#repeated(parts.pop()!))
        continue
      }
      const part = this.#atom()
      if (part !== undefined) parts.push(this.#repeated(part))
    }
    return { kind: 'all', parts }
  }

  #repeated(part: Node): Node {
    const times = this.#repetition()
    if (times === undefined) return part
    this.#accept('?')
    if (this.#repetition() !== undefined) throw new PatternError('a repetition of a repetition')
    return { kind: 'repeat', part, least: times[0], most: times[1] }
  }

  #repetition(): readonly [least: number, most: number] | undefined {
    if (this.#accept('*')) return [0, Number.POSITIVE_INFINITY]
    if (this.#accept('+')) return [1, Number.POSITIVE_INFINITY]
    if (this.#accept('?')) return [0, 1]
    if (this.#peek() !== '{') return undefined
    const written = this.#text.slice(this.#at, this.#at + 12).join('')
    const [all, least, comma, most] = /^\{(\d{1,4})(,?)(\d{0,4})\}/.exec(written) ?? []
    // What is no repetition stands for itself.
    if (all === undefined || (comma === '' && most !== '')) return undefined
    this.#at += all.length
    const from = Number(least)
    const to = comma === '' ? from : most === '' ? Number.POSITIVE_INFINITY : Number(most)
    if (from > mostRepeats || (to > mostRepeats && most !== '') || to < from)
      throw new PatternError(`${all} is no repetition`)
    return [from, to]
  }

  /** One thing that may be repeated; undefined for flags, which are none. */
  #atom(): Node | undefined {
    const next = this.#take()
    switch (next) {
      case '(':
        return this.#group()
      case '[':
        return this.#char(this.#charClass())
      case '.':
        return { kind: 'char', test: this.#flags.s ? () => true : point => point !== newline }
      case '^':
        return { kind: 'boundary', holds: this.#flags.m ? beginOfLine : begin }
      case '$':
        return { kind: 'boundary', holds: this.#flags.m ? endOfLine : end }
      case '*':
      case '+':
      case '?':
        throw new PatternError(`nothing for ${next} to repeat`)
      case '\\':
        return this.#escaped()
      default:
        return this.#literal(next)
    }
  }

  #literal(character: string): Node {
    const point = code(character)
    return this.#char(range(point, point))
  }

  #char(test: CharTest): Node {
    return { kind: 'char', test: this.#flags.i ? anyCase(test) : test }
  }

  #group(): Node | undefined {
    const before = this.#flags
    if (this.#accept('?')) {
      if (this.#accept('P<') || (this.#peek() === '<' && this.#accept('<'))) this.#name()
      else if (this.#setFlags()) return undefined
    }
    const node = this.#alternatives()
    if (!this.#accept(')')) throw new PatternError('a ( without its )')
    this.#flags = before
    return node
  }

  #name(): void {
    let name = ''
    for (let next = this.#take(); next !== '>'; next = this.#take()) name += next
    if (!/^\w+$/.test(name) || this.#names.has(name)) throw new PatternError(`a group can't be named ${name}`)
    this.#names.add(name)
  }

  /** `i`, `-s:` …; whether that was all of the group. */
  #setFlags(): boolean {
    let on = true
    const flags = { ...this.#flags }
    for (;;) {
      const next = this.#take()
      if (next === 'i' || next === 'm' || next === 's') flags[next] = on
      else if (next === '-' && on) on = false
      else if (next === ':' || next === ')') {
        this.#flags = flags
        return next === ')'
      } else if (next !== 'U') throw new PatternError(`(?${next} is not known`)
    }
  }

  #escaped(): Node {
    const next = this.#peek()
    const boundary = next === undefined ? undefined : boundaries[next]
    if (boundary === undefined) return this.#char(this.#escapedClass() ?? this.#escapedOne())
    this.#at++
    return { kind: 'boundary', holds: boundary }
  }

  /** `\d`, `\pL` and their like, behind the backslash. */
  #escapedClass(): CharTest | undefined {
    const next = this.#peek() ?? ''
    const short = shorthand[next]
    if (short === undefined && next !== 'p' && next !== 'P') return undefined
    this.#at++
    if (short !== undefined) return short
    let name = this.#take()
    if (name === '{') {
      name = ''
      for (let each = this.#take(); each !== '}'; each = this.#take()) name += each
    }
    const isNot = name.startsWith('^')
    const test = unicode(isNot ? name.slice(1) : name)
    return isNot !== (next === 'P') ? not(test) : test
  }

  /** One character, behind the backslash. */
  #escapedOne(): CharTest {
    const point = this.#escapedPoint()
    return range(point, point)
  }

  #escapedPoint(): number {
    const next = this.#take()
    const control = controls[next]
    if (control !== undefined) return control
    if (next === 'x') return this.#hexadecimal()
    if (/[0-7]/.test(next) && (next === '0' || /^[0-7]$/.test(this.#peek() ?? ''))) return this.#octal(next)
    if (next < '\x80' && !/[0-9A-Za-z]/.test(next)) return code(next)
    throw new PatternError(`\\${next} is not known`)
  }

  #octal(first: string): number {
    let digits = first
    while (digits.length < 3 && /^[0-7]$/.test(this.#peek() ?? '')) digits += this.#take()
    return Number.parseInt(digits, 8)
  }

  #hexadecimal(): number {
    let digits = ''
    if (this.#accept('{')) for (let next = this.#take(); next !== '}'; next = this.#take()) digits += next
    else digits = this.#take() + this.#take()
    const point = /^[0-9a-f]{1,8}$/i.test(digits) ? Number.parseInt(digits, 16) : Number.NaN
    if (!(point <= 0x10ffff)) throw new PatternError(`\\x${digits} is no character`)
    return point
  }

  /** Behind its `[`. */
  #charClass(): CharTest {
    const isNot = this.#accept('^')
    const tests: CharTest[] = []
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      const test = this.#posixClass() ?? (this.#peek() === '\\' ? this.#classIn() : undefined)
      tests.push(test ?? this.#rangeIn())
    }
    this.#at++
    const test = oneOf(tests)
    // What is excluded is so in either case.
    return isNot ? not(this.#flags.i ? anyCase(test) : test) : test
  }

  #posixClass(): CharTest | undefined {
    if (this.#peek() !== '[' || this.#peek(1) !== ':') return undefined
    const to = this.#text.indexOf(']', this.#at)
    const name = this.#text.slice(this.#at + 2, to).join('')
    if (to < 0 || !name.endsWith(':')) return undefined
    const isNot = name.startsWith('^')
    const test = posix[name.slice(isNot ? 1 : 0, -1)]
    if (test === undefined) throw new PatternError(`[[:${name}] is not known`)
    this.#at = to + 1
    return isNot ? not(test) : test
  }

  #classIn(): CharTest | undefined {
    this.#at++
    const test = this.#escapedClass()
    if (test === undefined) this.#at--
    return test
  }

  #rangeIn(): CharTest {
    const from = this.#pointIn()
    if (this.#peek() !== '-' || this.#peek(1) === ']' || this.#peek(1) === undefined) return range(from, from)
    this.#at++
    const to = this.#pointIn()
    if (to < from) throw new PatternError('a range that ends before it begins')
    return range(from, to)
  }

  #pointIn(): number {
    const next = this.#take()
    return next === '\\' ? this.#escapedPoint() : code(next)
  }
}

const boundaries: Readonly<Record<string, Boundary>> = {
  A: begin,
  z: end,
  b: atWord,
  B: (before, after) => !atWord(before, after),
}

const controls: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 }
