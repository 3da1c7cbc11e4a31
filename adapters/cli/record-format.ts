import type { Message } from '../../src/records/message.ts'
import { UsageError } from './command.ts'

/** How records are printed: kcat's letters, with rpk's `{hex}`, `{base64}` and `{json}` behind those of bytes. */
export const formatHelp = `  %t topic  %p partition  %o offset  %k key  %K its length  %s value  %S its length  %T time in milliseconds
  %h headers as name=value,…  %e leader epoch  %% a percent sign; \\n \\t \\r \\\\ \\xNN; %s{hex}, {base64}, {json} print bytes so`

type Piece = Uint8Array | string
type Field = (message: Message) => Piece

const length = (bytes: Uint8Array | null): string => (bytes === null ? '-1' : String(bytes.length))
const nothing = new Uint8Array()

const bytes: Readonly<Record<string, (message: Message) => Uint8Array | null>> = {
  k: ({ key }) => key,
  s: ({ value }) => value,
}

const texts: Readonly<Record<string, (message: Message) => string>> = {
  t: ({ topic }) => topic,
  p: ({ partition }) => String(partition),
  o: ({ offset }) => String(offset),
  K: ({ key }) => length(key),
  S: ({ value }) => length(value),
  T: ({ timestamp }) => String(timestamp),
  e: ({ leaderEpoch }) => String(leaderEpoch),
  h: ({ headers }) => headers.map(({ key, value }) => `${key}=${value === null ? 'NULL' : textOf(value)}`).join(','),
}

const ways: Readonly<Record<string, (bytes: Uint8Array) => string>> = {
  hex: each => bufferOf(each).toString('hex'),
  base64: each => bufferOf(each).toString('base64'),
  json: each => JSON.stringify(textOf(each)),
}

function bufferOf(each: Uint8Array): Buffer {
  return Buffer.from(each.buffer, each.byteOffset, each.length)
}

function textOf(each: Uint8Array): string {
  return bufferOf(each).toString()
}

/** Reads a format. The answer prints a record, piece by piece; `null` stands for what is null. */
export function recordFormat(format: string, nullText = ''): (message: Message) => Piece[] {
  const fields: Field[] = []
  let literal = ''
  const flush = (): void => {
    const text = literal
    if (text !== '') fields.push(() => text)
    literal = ''
  }
  const pattern = /%([a-zA-Z%])(?:\{(\w+)\})?|\\(?:x([0-9a-fA-F]{2})|([ntr\\0]))|([^%\\]+)|(.)/gs
  for (const [whole, letter, way, hex, escaped, plain, odd] of format.matchAll(pattern)) {
    if (plain !== undefined) literal += plain
    else if (escaped !== undefined) literal += { n: '\n', t: '\t', r: '\r', '0': '\0' }[escaped] ?? '\\'
    else if (hex !== undefined) {
      flush()
      const byte = Uint8Array.of(Number.parseInt(hex, 16))
      fields.push(() => byte)
    } else if (letter === '%') literal += '%'
    else if (odd !== undefined) throw new UsageError(`--format: "${odd}" at the end means nothing`)
    else {
      flush()
      fields.push(fieldOf(whole, letter!, way, nullText))
    }
  }
  flush()
  return message => fields.map(field => field(message))
}

function fieldOf(whole: string, letter: string, way: string | undefined, nullText: string): Field {
  const text = Object.hasOwn(texts, letter) ? texts[letter] : undefined
  if (text !== undefined && way === undefined) return text
  const pick = Object.hasOwn(bytes, letter) ? bytes[letter] : undefined
  const print = way === undefined ? undefined : Object.hasOwn(ways, way) ? ways[way] : null
  if (pick === undefined || print === null) throw new UsageError(`--format: there is no ${whole}`)
  if (print === undefined) return message => pick(message) ?? (nullText || nothing)
  return message => {
    const found = pick(message)
    return found === null ? (way === 'json' ? 'null' : nullText) : print(found)
  }
}
