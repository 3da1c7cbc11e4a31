import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { byArchive } from './class-archive.ts'
import type { Guard } from './guard.ts'

/**
 * For programs of these jars that live for seconds: compiled quickly, not verified, and from an archive. A Kafka starts
 * at a third of the cost.
 */
export function shortLived(libs: string): readonly string[] {
  const quick = ['-XX:TieredStopAtLevel=1', '-XX:+UnlockDiagnosticVMOptions', '-XX:-BytecodeVerificationRemote']
  return [...quick, ...byArchive(libs)]
}

/** One Java program that may be started, ended and started again. Its output goes to `output.log` in its home. */
export class JavaProcess {
  readonly #home: string
  readonly #guard: Guard
  readonly #args: readonly string[]
  #child: ChildProcess | undefined
  #exit: Promise<number | null> = Promise.resolve(null)

  constructor({ home, libs, guard, args }: { home: string; libs: string; guard: Guard; args: readonly string[] }) {
    this.#home = home
    this.#guard = guard
    this.#args = ['-cp', join(libs, '*'), ...args]
  }

  /** Undefined while it doesn't run. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  start(): void {
    const log = openSync(join(this.#home, 'output.log'), 'a')
    const child = spawn('java', this.#args, { cwd: this.#home, detached: true, stdio: ['ignore', log, log] })
    closeSync(log)
    const pid = child.pid
    if (pid !== undefined) this.#guard.keep(pid)
    this.#child = child
    this.#exit = new Promise(resolve => {
      const ended = (code: number | null): void => {
        if (pid !== undefined) this.#guard.forget(pid)
        this.#child = undefined
        resolve(code)
      }
      child.once('exit', ended)
      child.once('error', () => ended(null))
    })
    // A run that has ended need not wait for its servers: the guard ends them.
    child.unref()
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    this.#child?.kill(signal)
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await this.#end()
  }

  async runToEnd(): Promise<void> {
    this.start()
    const code = await this.#end()
    if (code !== 0)
      throw new Error(`java ${this.#args.slice(2).join(' ')} ended with ${code}:\n${await this.logTail()}`)
  }

  #end(): Promise<number | null> {
    this.#child?.ref()
    return this.#exit
  }

  async logTail(): Promise<string> {
    return (await readFile(join(this.#home, 'output.log'), 'utf8')).slice(-4000)
  }
}
