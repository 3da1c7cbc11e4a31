import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGuard } from '../kafka/guard.ts'

/** A program with all it starts and a folder of its own, which is its home; none of it outlives this process. */
export interface Group {
  /** Until it has written what matches, and what it has written up to then; rejects if it ends before that. */
  wrote(pattern: RegExp): Promise<RegExpExecArray>
  /** What it has written so far. */
  log(): string
  /** How it ended, as an error. */
  readonly ended: Promise<Error>
  /** Kills all of it, and removes the folder. */
  close(): Promise<void>
}

/** `args`: given the folder. */
export async function startGroup(
  binary: string,
  args: (directory: string) => readonly string[] | Promise<readonly string[]>,
  env: Readonly<Record<string, string>> = {},
): Promise<Group> {
  const guard = startGuard()
  const directory = await mkdtemp(join(tmpdir(), 'isokafka-browser-'))
  guard.keep(directory)
  const child = spawn(binary, await args(directory), {
    cwd: directory,
    env: { ...process.env, HOME: directory, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (child.pid !== undefined) guard.keep(-child.pid)
  let log = ''
  const ended = new Promise<Error>(resolve => {
    child.once('error', resolve)
    child.once('exit', (code, signal) => resolve(new Error(`${binary} ended (${signal ?? code})`)))
  })
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      log += chunk
    })
  return {
    ended,
    log: () => log,
    wrote(pattern) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(log)
          if (match !== null) resolve(match)
        }
        // Before these, what was written is in the log.
        for (const stream of [child.stdout, child.stderr]) stream.on('data', look)
        void ended.then(error => reject(new Error(`${error.message}: ${log}`)))
        look()
      })
    },
    async close() {
      await guard.close()
      await ended
      // What a dying process wrote after the guard had been there.
      await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    },
  }
}
