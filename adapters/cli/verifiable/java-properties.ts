import { UsageError } from '../command.ts'
import { fileOf, whole } from '../options.ts'

/** Settings by their names in Java, as a file of them has it. Whoever has no use for one says so. */
export class JavaProperties {
  readonly #path: string
  readonly #values: ReadonlyMap<string, string>
  readonly #asked = new Set<string>()

  constructor(path: string, values: ReadonlyMap<string, string>) {
    this.#path = path
    this.#values = values
  }

  /** Of the file that an option names; of none, without one. */
  static of(option: string, path: string | undefined): JavaProperties {
    return new JavaProperties(path ?? '', path === undefined ? new Map() : propertiesIn(fileOf(option, path)))
  }

  text(name: string): string | undefined {
    this.#asked.add(name)
    return this.#values.get(name)
  }

  /** What Java takes for true; a UsageError for what is neither. */
  flag(name: string): boolean | undefined {
    const text = this.text(name)?.toLowerCase()
    if (text !== undefined && text !== 'true' && text !== 'false') throw this.error(name, 'is neither true nor false')
    return text === undefined ? undefined : text === 'true'
  }

  /** A whole number from `least` to 2^31 − 1, as Java has them. */
  number(name: string, least = 0): number | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : whole(`${this.#path}: ${name}`, text, least, 2 ** 31 - 1)
  }

  /** The names nobody asked for. */
  get unused(): string[] {
    return [...this.#values.keys()].filter(name => !this.#asked.has(name))
  }

  error(name: string, what: string): UsageError {
    return new UsageError(`${this.#path}: ${name} ${what}`)
  }

  /** Says what was dropped, as Java does. What may be about who sees the data is not dropped, but refused. */
  tellUnused(warn: (line: string) => void): void {
    const grave = this.unused.find(name => /^(ssl|sasl|security)\./.test(name))
    if (grave !== undefined) throw this.error(grave, 'is nothing that isokafka knows')
    if (this.unused.length > 0) warn(`isokafka: ${this.#path}: not used: ${this.unused.join(', ')}`)
  }
}

/** Name and value of each line of a `.properties` file, escapes undone. The last of a name counts. */
export function propertiesIn(text: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const line of logicalLines(text)) {
    const [, name = '', value = ''] = /^((?:\\.|[^\\=:\s])*)\s*[=:]?\s*(.*)$/su.exec(line) ?? []
    found.set(unescaped(name), unescaped(value))
  }
  return found
}

/** Without comments and empty lines; those that a backslash goes on with are one. */
function logicalLines(text: string): string[] {
  const lines: string[] = []
  let begun: string | undefined
  for (const natural of text.split(/\r\n|\r|\n/)) {
    const line = natural.replace(/^[ \t\f]+/, '')
    if (begun === undefined && (line === '' || /^[#!]/.test(line))) continue
    const goesOn = /(?<!\\)(?:\\\\)*\\$/.test(line)
    const whole: string = (begun ?? '') + (goesOn ? line.slice(0, -1) : line)
    if (!goesOn) lines.push(whole)
    begun = goesOn ? whole : undefined
  }
  if (begun !== undefined) lines.push(begun)
  return lines
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f' }

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, unit: string | undefined, escaped: string) =>
    unit === undefined ? (escapes[escaped] ?? escaped) : String.fromCharCode(Number.parseInt(unit, 16)),
  )
}
