import type { Message } from '../../src/records/message.ts'
import type { ByteSink } from './byte-sink.ts'
import { UsageError } from './command.ts'

/** How records are printed: kcat's letters, with rpk's `{hex}`, `{base64}` and `{json}` behind those of bytes. */
export const formatHelp = `  %t topic  %p partition  %o offset  %k key  %K its length  %s value  %S its length  %R its length as 4 bytes, big end first
  %T time in milliseconds  %h headers as name=value,…  %e leader epoch  %% a percent sign; \\n \\t \\r \\\\ \\xNN
  %s{hex}, {base64}, {json} print bytes so`

/** Where records are. */
export interface Place {
  readonly topic: string
  readonly partition: number
}

/** What is printed of a record; a cursor has it as well as a message, but for the epoch. */
export type Printed = Pick<Message, 'offset' | 'timestamp' | 'key' | 'value' | 'headers'> & {
  readonly leaderEpoch?: number
}

export interface RecordFormat {
  /** Whether it is for messages alone. */
  readonly wantsMessages: boolean
  print(record: Printed, place: Place, sink: ByteSink): void
}

type Print = RecordFormat['print']

const length = (bytes: Uint8Array | null): string => (bytes === null ? '-1' : String(bytes.length))

const bytes: Readonly<Record<string, (record: Printed) => Uint8Array | null>> = {
  k: ({ key }) => key,
  s: ({ value }) => value,
  R: ({ value }) => {
    const size = Buffer.alloc(4)
    size.writeInt32BE(value === null ? -1 : value.length)
    return size
  },
}

const texts: Readonly<Record<string, (record: Printed, place: Place) => string>> = {
  t: (_, { topic }) => topic,
  p: (_, { partition }) => String(partition),
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

/** Reads a format; `nullText` stands for what is null. A UsageError for what is none. */
export function recordFormat(format: string, nullText = ''): RecordFormat {
  const prints: Print[] = []
  let literal: Uint8Array[] = []
  let wantsMessages = false
  const flush = (): void => {
    const fixed = Buffer.concat(literal)
    if (fixed.length > 0) prints.push((_record, _place, sink) => sink.bytes(fixed))
    literal = []
  }
  const pattern = /%([a-zA-Z%])(?:\{(\w+)\})?|\\(?:x([0-9a-fA-F]{2})|([ntr\\0]))|([^%\\]+)|(.)/gs
  for (const [whole, letter, way, hex, escaped, plain, odd] of format.matchAll(pattern)) {
    if (plain !== undefined) literal.push(Buffer.from(plain))
    else if (escaped !== undefined) literal.push(Buffer.from({ n: '\n', t: '\t', r: '\r', '0': '\0' }[escaped] ?? '\\'))
    else if (hex !== undefined) literal.push(Buffer.from(hex, 'hex'))
    else if (letter === '%') literal.push(Buffer.from('%'))
    else if (odd !== undefined) throw new UsageError(`--format: "${odd}" at the end means nothing`)
    else {
      flush()
      prints.push(printOf(whole, letter!, way, nullText))
      wantsMessages ||= letter === 'e'
    }
  }
  flush()
  return {
    wantsMessages,
    print(record, place, sink) {
      for (const print of prints) print(record, place, sink)
    },
  }
}

function printOf(whole: string, letter: string, way: string | undefined, nullText: string): Print {
  const text = Object.hasOwn(texts, letter) ? texts[letter] : undefined
  if (text !== undefined && way === undefined) return (record, place, sink) => sink.text(text(record, place))
  const pick = Object.hasOwn(bytes, letter) ? bytes[letter] : undefined
  const print = way === undefined ? undefined : Object.hasOwn(ways, way) ? ways[way] : null
  if (pick === undefined || print === null) throw new UsageError(`--format: there is no ${whole}`)
  if (print === undefined)
    return (record, _place, sink) => {
      const found = pick(record)
      if (found !== null) sink.bytes(found)
      else if (nullText !== '') sink.text(nullText)
    }
  return (record, _place, sink) => {
    const found = pick(record)
    sink.text(found === null ? (way === 'json' ? 'null' : nullText) : print(found))
  }
}
