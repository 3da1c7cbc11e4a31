import { ConfigError, IsoKafkaError, messageOf } from '../../src/base/errors.ts'
import type { CompressionName } from '../../src/compression/codec.ts'
import type { RequiredAcksName } from '../../src/protocol/acks.ts'
import type { MessageInput } from '../../src/records/message-input.ts'
import { Writer } from '../../src/writer/writer.ts'
import { clusterHelp, clusterOptions, withCluster } from './cluster-options.ts'
import { type Command, type CommandContext, exitStatus, UsageError } from './command.ts'
import { linesOf } from './lines.ts'
import { choice, parseWords, whole } from './options.ts'
import { Progress } from './progress.ts'
import { recordFromJson } from './record-json.ts'

/** How many bytes of the input are on their way at once. */
const mostUnderWay = 8 * 1024 * 1024

export const produceCommand: Command = {
  name: 'produce',
  summary: 'writes the lines of standard input to a topic',
  help: `usage: isokafka produce <topic> [options]

Writes each line of standard input as a record. The exit status is 0 when all of them were acknowledged.

  -K, --key-delimiter text  what is before it in a line is the key, as -K : or -K '\\t'
  -k, --key text            the key of all records
  -H, --header name=value   a header of all records; may be repeated
  -p, --partition number    where to; by default the key decides, as with Java's clients
  -Z, --empty-is-null       an empty value is null: it deletes the key in a compacted topic
  -J, --json                lines are JSON, as consume --json prints them; without a topic each goes where it says, and
                            with --keep-partitions to the partition it says; --input json is the same
  -z, --compression name    none, gzip, snappy, lz4 or zstd; none by default
  --acks which              all, one or none; all by default
  --allow-create            the topic may be made, if the brokers do that
${clusterHelp}

examples:
  echo hello | isokafka produce greetings
  isokafka produce orders -K : -z zstd < orders.txt
  isokafka consume orders -o start -e --json | isokafka produce copy --json`,

  async run(args, context) {
    const { values, positionals } = parseWords(args, {
      'key-delimiter': { type: 'string', short: 'K' },
      key: { type: 'string', short: 'k' },
      header: { type: 'string', short: 'H', multiple: true, default: [] as string[] },
      partition: { type: 'string', short: 'p' },
      'empty-is-null': { type: 'boolean', short: 'Z', default: false },
      json: { type: 'boolean', short: 'J', default: false },
      input: { type: 'string', default: 'lines' },
      'keep-partitions': { type: 'boolean', default: false },
      compression: { type: 'string', short: 'z', default: 'none' },
      acks: { type: 'string', default: 'all' },
      'allow-create': { type: 'boolean', default: false },
      ...clusterOptions,
    })
    const [topic, ...more] = positionals
    if (more.length > 0) throw new UsageError(`one topic, not ${positionals.join(', ')} as well`)
    const isJson = values.json || choice('--input', values.input, ['lines', 'json']) === 'json'
    if (topic === undefined && !isJson) throw new UsageError('which topic?')
    const read = isJson ? jsonReader(topic, values['keep-partitions']) : textReader(values)
    const common = commonOf(values)
    return withCluster(values, context, async ({ addr, transport }) => {
      const writer = new Writer({
        addr,
        ...(topic !== undefined && { topic }),
        transport,
        compression: values.compression as CompressionName,
        requiredAcks: values.acks as RequiredAcksName,
        allowAutoTopicCreation: values['allow-create'],
      })
      try {
        const hasCommon = Object.keys(common).length > 0
        return await writeAll(writer, hasCommon ? line => ({ ...common, ...read(line) }) : read, context)
      } finally {
        await writer.close({ signal: AbortSignal.abort() })
      }
    })
  },
}

/** Writes what comes, until all of it is acknowledged or something is not; the exit status. */
async function writeAll(writer: Writer, read: LineReader, context: CommandContext): Promise<number> {
  const { input, signal, isInteractive } = context
  const progress = new Progress(isInteractive ? {} : context)
  let line = 0
  /** What is wrong with the line behind those that were read. */
  let problem: unknown
  let failure: { readonly error: unknown; readonly lines: string } | undefined
  let bytesUnderWay = 0
  const underWay = new Set<Promise<void>>()
  const write = (messages: readonly MessageInput[], bytes: number, release: () => void): void => {
    const { length } = messages
    const from = line - length + 1
    const where = line > from ? `lines ${from} to ${line}` : `line ${line}`
    bytesUnderWay += bytes
    const written: Promise<void> = writer
      .writeMessages(messages)
      .catch(error => {
        failure ??= { error, lines: where }
      })
      .finally(() => {
        underWay.delete(written)
        bytesUnderWay -= bytes
        progress.add(length, bytes)
        release()
      })
    underWay.add(written)
  }
  try {
    for await (const { lines, release } of linesOf(input, signal)) {
      const messages: MessageInput[] = []
      let bytes = 0
      try {
        for (const each of lines) {
          messages.push(read(each))
          line++
          // Empty ones weigh something, too.
          bytes += each.length + 1
        }
      } catch (error) {
        if (!(error instanceof UsageError)) throw error
        problem = new ConfigError(`line ${line + 1}: ${messageOf(error)}`, { cause: error })
      }
      write(messages, bytes, release)
      while (bytesUnderWay > mostUnderWay) await Promise.race(underWay)
      if (failure !== undefined || problem !== undefined) break
    }
    await Promise.all(underWay)
  } finally {
    progress.end()
  }
  if (failure !== undefined) {
    const { lines, error } = failure
    throw new IsoKafkaError(`${lines}: not written: ${messageOf(error)}`, { cause: error })
  }
  if (problem !== undefined) throw problem
  return exitStatus.done
}

interface TextOptions {
  readonly 'key-delimiter'?: string | undefined
  readonly 'empty-is-null': boolean
}

type LineReader = (line: Uint8Array) => MessageInput

function textReader({ 'key-delimiter': given, 'empty-is-null': emptyIsNull }: TextOptions): LineReader {
  const delimiter = given === undefined ? undefined : Buffer.from(given.replaceAll('\\t', '\t'))
  if (delimiter?.length === 0) throw new UsageError('--key-delimiter is a text')
  const part = (bytes: Uint8Array): Uint8Array | null => (emptyIsNull && bytes.length === 0 ? null : bytes)
  return line => {
    const at = delimiter === undefined ? -1 : bufferOf(line).indexOf(delimiter)
    if (delimiter === undefined || at < 0) return { value: part(line) }
    return { key: part(line.subarray(0, at)), value: part(line.subarray(at + delimiter.length)) }
  }
}

function jsonReader(topic: string | undefined, keepsPartitions: boolean): LineReader {
  return line => {
    const text = bufferOf(line).toString()
    const message = recordFromJson(text, keepsPartitions)
    if (topic !== undefined) return message
    const { topic: own } = JSON.parse(text) as { topic?: unknown }
    if (typeof own !== 'string') throw new UsageError('it names no "topic", nor does the command')
    return { ...message, topic: own }
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

function commonOf(values: {
  readonly key?: string | undefined
  readonly header: readonly string[]
  readonly partition?: string | undefined
}): MessageInput {
  const headers = values.header.map(text => {
    const at = text.indexOf('=')
    if (at < 1) throw new UsageError(`--header: "${text}" is not name=value`)
    return { key: text.slice(0, at), value: text.slice(at + 1) }
  })
  return {
    ...(values.key !== undefined && { key: values.key }),
    ...(headers.length > 0 && { headers }),
    ...(values.partition !== undefined && { partition: whole('--partition', values.partition, 0, 2 ** 31 - 1) }),
  }
}
