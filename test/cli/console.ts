import type { CommandContext } from '../../adapters/cli/command.ts'
import { main } from '../../adapters/cli/main.ts'

export interface Ended {
  readonly status: number
  readonly output: string
  readonly errors: string
}

export interface ConsoleOptions {
  readonly input?: string | Uint8Array | AsyncIterable<Uint8Array>
  readonly environment?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  readonly isTerminal?: boolean
  /** Told what is written; answers whether anybody still reads. */
  readonly write?: (text: string) => boolean
  /** Who types a secret. */
  readonly ask?: (question: string) => Promise<string>
  /** Told how far the work is. */
  readonly progress?: (line: string) => void
}

/** The command line in this process. */
export async function isokafka(args: readonly string[], options: ConsoleOptions = {}): Promise<Ended> {
  const {
    input = '',
    environment = {},
    signal = new AbortController().signal,
    isTerminal = false,
    write,
    progress,
    ask,
  } = options
  const [output, errors]: [Uint8Array[], string[]] = [[], []]
  const context: CommandContext = {
    environment,
    print: line => void output.push(Buffer.from(`${line}\n`)),
    warn: line => void errors.push(`${line}\n`),
    input: typeof input === 'string' || input instanceof Uint8Array ? pieces(input) : input,
    async write(bytes) {
      output.push(Buffer.from(bytes))
      return write?.(Buffer.from(bytes).toString()) ?? true
    },
    isTerminal,
    isInteractive: false,
    ...(progress && { progress }),
    ...(ask && { ask }),
    signal,
  }
  const status = await main(args, context)
  return { status, output: Buffer.concat(output).toString('latin1'), errors: errors.join('') }
}

/** In small pieces, as pipes may have it. */
async function* pieces(input: string | Uint8Array): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(input as string)
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
}
