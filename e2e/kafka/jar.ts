import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'

/**
 * Reads a jar (a zip file without extensions): the message definitions inside `kafka-clients` are the outside check of
 * our schemas.
 */
export class Jar {
  readonly #bytes: Buffer
  readonly #entries = new Map<string, { method: number; size: number; header: number }>()

  constructor(path: string) {
    this.#bytes = readFileSync(path)
    const bytes = this.#bytes
    const end = bytes.lastIndexOf('PK\x05\x06', undefined, 'latin1')
    if (end < 0) throw new Error(`${path} is not a jar`)
    let at = bytes.readUInt32LE(end + 16)
    for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
      const nameLength = bytes.readUInt16LE(at + 28)
      const name = bytes.toString('utf8', at + 46, at + 46 + nameLength)
      this.#entries.set(name, {
        method: bytes.readUInt16LE(at + 10),
        size: bytes.readUInt32LE(at + 20),
        header: bytes.readUInt32LE(at + 42),
      })
      at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
    }
  }

  /** The names of the files inside. */
  names(): string[] {
    return [...this.#entries.keys()].filter(name => !name.endsWith('/'))
  }

  read(name: string): Buffer {
    const entry = this.#entries.get(name)
    if (entry === undefined) throw new Error(`no ${name} in the jar`)
    const start =
      entry.header + 30 + this.#bytes.readUInt16LE(entry.header + 26) + this.#bytes.readUInt16LE(entry.header + 28)
    const data = this.#bytes.subarray(start, start + entry.size)
    return entry.method === 0 ? data : inflateRawSync(data)
  }
}

/**
 * Kafka's own message definitions as they ride in `kafka-clients` among the server's jars: file name to parsed JSON.
 */
export function messageDefinitions(libs: string): Map<string, unknown> {
  const file = readdirSync(libs).find(name => /^kafka-clients-[\d.]+\.jar$/.test(name))
  if (file === undefined) throw new Error(`no kafka-clients jar in ${libs}`)
  const jar = new Jar(join(libs, file))
  const definitions = new Map<string, unknown>()
  for (const name of jar.names()) {
    if (!name.startsWith('common/message/') || !name.endsWith('.json')) continue
    // Comments stand on lines of their own or after a value; no string in these files holds two slashes outside a URL.
    const text = jar
      .read(name)
      .toString()
      .replace(/(^|[^:])\/\/.*$/gm, '$1')
    definitions.set(name.slice('common/message/'.length), JSON.parse(text))
  }
  return definitions
}
