import { readFileSync } from 'node:fs'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { messageOf } from '../../src/base/errors.ts'
import { nearest } from '../../src/base/settings.ts'
import { UsageError } from './command.ts'

/** What the arguments say; a UsageError for what the command knows nothing of. `dashed` as below. */
export function parseOptions<const T extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: T,
  dashed: readonly string[] = [],
) {
  try {
    return parseArgs({ args: joined(args, dashed), options }).values
  } catch (error) {
    throw refused(error, options)
  }
}

/** The same, with the words that are no options. What `dashed` names may have a value that begins with a dash. */
export function parseWords<const T extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: T,
  dashed: readonly string[] = [],
) {
  try {
    return parseArgs({ args: joined(args, dashed), options, allowPositionals: true })
  } catch (error) {
    throw refused(error, options)
  }
}

function refused(error: unknown, options: object): UsageError {
  // Node adds advice on `--` that fits none of our commands.
  const text = messageOf(error).replace(/\. To specify .*$/s, '')
  const unknown = /^Unknown option '--(.*)'$/.exec(text)?.[1]
  const near = unknown === undefined ? undefined : nearest(unknown, options)
  return new UsageError(near === undefined ? text : `${text}; did you mean --${near}?`, { cause: error })
}

/** Each of the options that `dashed` names as one argument with its value, which Node would take for an option. */
function joined(args: readonly string[], dashed: readonly string[]): string[] {
  const found: string[] = []
  for (let at = 0; at < args.length; at++) {
    const [arg, next] = [args[at]!, args[at + 1]]
    if (!dashed.includes(arg) || next === undefined) found.push(arg)
    else {
      found.push(arg.startsWith('--') ? `${arg}=${next}` : arg + next)
      at++
    }
  }
  return found
}

/** A whole number from `least` to `most`. */
export function whole(option: string, text: string, least: number, most: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(number >= least && number <= most))
    throw new UsageError(`${option}: "${text}" is not a number from ${least} to ${most}`)
  return number
}

/** One of these words. */
export function choice(option: string, text: string, words: readonly string[]): string {
  if (!words.includes(text)) throw new UsageError(`${option}: "${text}" is not ${words.join(' or ')}`)
  return text
}

/** A whole number that Kafka's own tools would take, or −1, which means none. */
export function wholeOrMinusOne(option: string, text: string): number {
  return text === '-1' ? -1 : whole(option, text, 0, Number.MAX_SAFE_INTEGER)
}

/** The text of the file an option names. */
export function fileOf(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`${option}: ${messageOf(error)}`, { cause: error })
  }
}
