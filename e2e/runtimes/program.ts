import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Runtime } from './packages.ts'

export interface Program extends AsyncDisposable {
  readonly pid: number
  /** Its lines on standard output, in order; null after the last. */
  line(): Promise<string | null>
  /** Its exit code and what it wrote to standard error. */
  readonly ended: Promise<{ readonly code: number | null; readonly errors: string }>
}

/** Runs an ES module in Node, Deno or Bun, in a folder of its own. Deno may use the network and nothing else. */
export async function startProgram(
  { condition, binary }: Runtime,
  code: string,
  args: readonly string[] = [],
): Promise<Program> {
  const directory = await mkdtemp(join(tmpdir(), 'isokafka-runtime-'))
  await writeFile(join(directory, 'program.mjs'), code)
  const command =
    condition === 'deno' ? ['run', '--quiet', '--no-prompt', '--allow-net'] : condition === 'bun' ? ['run'] : []
  const child = spawn(binary, [...command, 'program.mjs', ...args], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', chunk => {
    errors += chunk
  })
  const ended = new Promise<{ code: number | null; errors: string }>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve({ code, errors }))
  })
  ended.catch(() => {})
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    pid: child.pid!,
    line: async () => {
      const { done, value } = await lines.next()
      return done === true ? null : value
    },
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended.catch(() => {})
      await rm(directory, { recursive: true, force: true })
    },
  }
}
