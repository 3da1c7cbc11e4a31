import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Member } from '../java-members.ts'

const binary = '/usr/bin/kcat'

/** Why there is none of its members; undefined where there may be. */
export const noKcat = existsSync(binary) ? undefined : 'no kcat'

/** kcat, and so librdkafka, as a member of a group; leaves it at the end. `strategy`: how that is divided. */
export function kcatMember(
  broker: string,
  topic: string,
  group: string,
  { strategy, onValue }: { strategy: string; onValue(value: string): void },
): Member {
  const settings = [
    `partition.assignment.strategy=${strategy}`,
    'auto.offset.reset=earliest',
    'heartbeat.interval.ms=200',
    // Its default is 5 s: so much of what it read would be read again wherever it is killed or loses a partition.
    'auto.commit.interval.ms=500',
    'fetch.wait.max.ms=200',
  ]
  const args = ['-b', broker, ...settings.flatMap(setting => ['-X', setting]), '-q', '-u', '-G', group, topic]
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const values: string[] = []
  createInterface({ input: child.stdout }).on('line', line => {
    values.push(line)
    onValue(line)
  })
  const ended = once(child, 'close')
  return {
    values,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      const [code] = await ended
      if (code !== 0) throw new Error(`kcat ended with ${code}: ${errors}`)
    },
  }
}
