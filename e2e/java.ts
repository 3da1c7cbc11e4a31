import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { shortLived, toolJars } from './kafka/index.ts'

/**
 * Writes lines with Java's console producer: headers, key and value between tabs, `NULL` for none. It tells of no
 * failure.
 */
export async function consoleProduce(
  broker: string,
  topic: string,
  lines: readonly string[],
  { codec = 'gzip', idempotent = true } = {},
): Promise<void> {
  const properties = ['parse.key=true', 'parse.headers=true', 'null.marker=NULL']
  const args = ['--bootstrap-server', broker, '--topic', topic, '--compression-codec', codec]
  args.push('--command-property', `enable.idempotence=${idempotent}`)
  for (const property of properties) args.push('--reader-property', property)
  await javaTool('org.apache.kafka.tools.ConsoleProducer', args, lines.map(line => `${line}\n`).join(''))
}

export interface ConsoleRecord {
  /** -1 for none. */
  timestamp: number
  partition: number
  offset: number
  headers: string
  key: string
  value: string
}

/** Reads so many records from the beginning with Java's console consumer; `NULL` stands for null. */
export async function consoleConsume(
  broker: string,
  topic: string,
  count: number,
  { isolation = 'read_uncommitted' } = {},
): Promise<ConsoleRecord[]> {
  const properties = ['key', 'headers', 'timestamp', 'partition', 'offset'].map(what => `print.${what}=true`)
  const args = [
    '--bootstrap-server',
    broker,
    '--topic',
    topic,
    '--from-beginning',
    '--max-messages',
    String(count),
    '--timeout-ms',
    '20000',
    '--isolation-level',
    isolation,
  ]
  for (const property of [...properties, 'null.literal=NULL']) args.push('--formatter-property', property)
  const output = await javaTool('org.apache.kafka.tools.consumer.ConsoleConsumer', args)
  const records: ConsoleRecord[] = []
  for (const line of output.split('\n')) {
    const match = /^(?:CreateTime:(\d+)|NO_TIMESTAMP)\tPartition:(\d+)\tOffset:(\d+)\t([^\t]*)\t([^\t]*)\t(.*)$/.exec(
      line,
    )
    if (match === null) continue
    const [, timestamp = -1, partition, offset, headers = '', key = '', value = ''] = match
    records.push({
      timestamp: Number(timestamp),
      partition: Number(partition),
      offset: Number(offset),
      headers,
      key,
      value,
    })
  }
  return records
}

/** Runs one of Kafka's command line tools and answers what it printed. */
export async function javaTool(
  program: string,
  args: readonly string[],
  input = '',
  flags: readonly string[] = [],
): Promise<string> {
  const libs = await toolJars()
  const java = [...shortLived(libs), ...flags, '-Xmx256m', '-cp', join(libs, '*')]
  const child = spawn('java', [...java, program, ...args], { stdio: 'pipe' })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  child.stdin.end(input)
  const code = await new Promise(resolve => child.once('close', resolve))
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${errors}`)
  return output
}
