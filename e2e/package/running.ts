import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

/** A process as a user would start it, and what it says. */
export interface Running {
  readonly pid: number
  /** All it wrote so far. */
  readonly output: string
  readonly errors: string
  /** The first match in what it wrote, once it is there. Rejects when the process ends without. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  /** Its exit status, or the signal it died of. Resolves once its output is complete. */
  readonly ended: Promise<number | NodeJS.Signals>
  kill(signal: NodeJS.Signals): void
  /** Goes away as a reader: what is written from now on meets a broken pipe. */
  hangUp(): void
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
}

/** Starts a program; the test's end ends it, and all it has started. */
export function start([command, ...args]: readonly string[], { cwd, env, input }: RunOptions = {}): Running {
  const { ISOKAFKA_BRIDGE_SECRET: _secret, KAFKA_BROKERS: _brokers, ...mine } = process.env
  // In a process group of its own, as a shell would: Ctrl-C tells the whole group.
  const child = spawn(command!, args, {
    cwd,
    env: { ...mine, ...env },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const pid = child.pid!
  const kill = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-pid, signal)
    } catch {
      // It has ended.
    }
  }
  onTestFinished(() => kill('SIGKILL'))
  child.stdin.on('error', () => {}).end(input)
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals)
  ended.catch(() => {})
  return {
    pid,
    get output() {
      return output
    },
    get errors() {
      return errors
    },
    says: pattern =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(output) ?? pattern.exec(errors)
          if (found !== null) resolve(found)
        }
        child.stdout.on('data', look)
        child.stderr.on('data', look)
        ended.then(
          status => reject(new Error(`ended with ${status} and never said ${pattern}: ${output}${errors}`)),
          reject,
        )
        look()
      }),
    ended,
    kill,
    hangUp: () => child.stdout.destroy(),
  }
}
