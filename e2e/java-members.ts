import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { shortLived, toolJars } from './kafka/index.ts'

export interface Member extends AsyncDisposable {
  /** The values it was given, in their order. */
  readonly values: string[]
}

export interface JavaMember extends Member {
  /** Prints no more than the pipe holds: it polls no more, while its heartbeats go on. Until `goOn`. */
  goOn(): void
  /** SIGKILL. */
  kill(): Promise<void>
}

export interface JavaOptions {
  /** Of the classic protocol; RangeAssignor by default. */
  readonly assignor?: string
  /** Default 'classic'. */
  readonly protocol?: 'classic' | 'consumer'
  readonly properties?: readonly string[]
  /** From the start it is not read from. */
  readonly slow?: boolean
  /** Told of each value as it comes. */
  onValue?(value: string): void
}

/** Java's console consumer as a member of a group; leaves it at the end. */
export async function javaMember(
  broker: string,
  topic: string,
  group: string,
  { assignor = 'RangeAssignor', protocol = 'classic', properties = [], slow = false, onValue }: JavaOptions,
): Promise<JavaMember> {
  const libs = await toolJars()
  const args = [
    ...shortLived(libs),
    '-Xmx256m',
    '-cp',
    join(libs, '*'),
    'org.apache.kafka.tools.consumer.ConsoleConsumer',
  ]
  args.push('--bootstrap-server', broker, '--topic', topic, '--group', group, '--from-beginning')
  const grouping =
    protocol === 'consumer'
      ? ['group.protocol=consumer']
      : [`partition.assignment.strategy=org.apache.kafka.clients.consumer.${assignor}`, 'heartbeat.interval.ms=200']
  for (const property of [...grouping, ...properties]) args.push('--command-property', property)
  const child = spawn('java', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const values: string[] = []
  const goOn = (): void =>
    void createInterface({ input: child.stdout }).on('line', line => {
      values.push(line)
      onValue?.(line)
    })
  if (!slow) goOn()
  const ended = once(child, 'close')
  let killed = false
  return {
    values,
    goOn,
    async kill() {
      killed = true
      child.kill('SIGKILL')
      await ended
    },
    async [Symbol.asyncDispose]() {
      if (killed) return
      child.kill('SIGTERM')
      const [code] = await ended
      // As of a program that a signal ended.
      if (code !== 143) throw new Error(`the console consumer ended with ${code}: ${errors}`)
    },
  }
}
