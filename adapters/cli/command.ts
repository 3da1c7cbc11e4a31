import { ConfigError } from '../../src/base/errors.ts'
import type { Pieces } from './file-pieces.ts'

/** One word after `isokafka`. */
export interface Command {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** What `--help` prints: usage, options, examples. */
  readonly help: string
  /**
   * Does the work, and answers the exit status. A UsageError for arguments that make no sense; an IsoKafkaError for
   * what a user can mend.
   */
  run(args: readonly string[], context: CommandContext): Promise<number>
}

/** What a command has of the process around it. */
export interface CommandContext {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** A line on standard output. */
  print(line: string): void
  /** A line on standard error. */
  warn(line: string): void
  /** What comes on standard input, in pieces. */
  readonly input: Pieces
  /** Writes to standard output, and waits until there is room for more. False once nobody reads it any more. */
  write(bytes: Uint8Array | string): Promise<boolean>
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean
  /** Whether standard input is one: somebody types. */
  readonly isInteractive?: boolean
  /**
   * Shows how far the work is, on standard error in place of what was shown before; '' takes it away. Not there where
   * nobody would see it.
   */
  readonly progress?: (line: string) => void
  /** Asks whoever types for a secret, and doesn't show it. Not there where nobody does. */
  readonly ask?: (question: string) => Promise<string>
  /** Aborts at the first SIGINT or SIGTERM; its reason is a Stopped. A second one ends the process. */
  readonly signal: AbortSignal
}

/** What a process that a signal told to stop is stopped by. */
export class Stopped extends Error {
  readonly signal: 'SIGINT' | 'SIGTERM'

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`stopped by ${signal}`)
    this.signal = signal
  }

  /** As shells count: 128 and the signal's number. */
  get exitStatus(): number {
    return this.signal === 'SIGINT' ? 130 : 143
  }
}

/** The command line can't work as it is written. */
export class UsageError extends ConfigError {}

export const exitStatus = { done: 0, failed: 1, misused: 2 } as const

/** Settles when the process is told to stop. */
export function untilStopped(signal: AbortSignal): Promise<Stopped> {
  return new Promise(resolve => {
    if (signal.aborted) resolve(signal.reason as Stopped)
    else signal.addEventListener('abort', () => resolve(signal.reason as Stopped), { once: true })
  })
}

/** Whether a terminal is to be shown more than text: not with NO_COLOR, nor on one that can't. */
export function isColoured(environment: CommandContext['environment']): boolean {
  return !environment['NO_COLOR'] && environment['TERM'] !== 'dumb'
}
