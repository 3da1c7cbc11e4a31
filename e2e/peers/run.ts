import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Lack } from '../../test/support/left-out.ts'

const bench = join(import.meta.dirname, '..', '..', 'bench', 'node_modules')
const node = join(bench, '.bin', 'node')

/** For `createRequire`: a file beside which the other clients' packages are found. */
export const peerModules = join(bench, 'x')
/**
 * Why other clients can't be run here; null when they can. They live in bench's own folder, never among our
 * dependencies.
 */
export const noPeers: Lack | null = existsSync(node)
  ? null
  : { why: 'kafkajs and @platformatic/kafka are not installed', command: 'npm ci --prefix bench' }
export const noKcat: Lack | null =
  spawnSync('kcat', ['-V'], { stdio: 'ignore' }).status === 0
    ? null
    : { why: 'kcat is not installed', command: 'apt-get install -y kcat' }

/** Runs a program to its end and answers what it printed. */
export async function run(command: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn(command, args, { stdio: 'pipe', timeout: 60_000 })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  child.stdin.end(input)
  const status = await new Promise(resolve => child.once('close', resolve))
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${errors}${output}`)
  return output
}

/**
 * Runs a peer's script of this folder on the brokers, in bench's Node, with `input` as JSON; answers the JSON it ends
 * with.
 */
export async function runPeer(
  script: string,
  brokers: readonly string[],
  input: unknown = null,
): Promise<Record<string, unknown>> {
  const output = await run(
    node,
    ['--no-warnings', join(import.meta.dirname, script), bench, brokers.join(',')],
    JSON.stringify(input),
  )
  return JSON.parse(output.trimEnd().split('\n').at(-1)!)
}
