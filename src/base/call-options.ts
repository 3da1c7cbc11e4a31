import { ConfigError } from './errors.ts'
import { nearest, shown } from './settings.ts'
import type { CallOptions } from './signals.ts'

/**
 * The signal in the last argument of a public method. A ConfigError for what is no such argument, or comes after it:
 * both would be dropped in silence. `hint` says what to do instead; `own` are options that the method has besides.
 */
export function signalOf(
  method: string,
  options: CallOptions | undefined,
  more: readonly unknown[],
  hint = '',
  own: readonly string[] = [],
): AbortSignal | undefined {
  if (options === undefined && more.length === 0) return undefined
  const advice = hint === '' ? '' : `: ${hint}`
  refuseMore(method, more, hint)
  if (typeof options !== 'object' || options === null || Array.isArray(options) || 'aborted' in options)
    throw new ConfigError(`${method}: its last argument is { signal }, not ${shown(options)}${advice}`)
  for (const [name, value] of Object.entries(options)) {
    if (name !== 'signal' && !own.includes(name) && value !== undefined)
      throw new ConfigError(
        `${method}: ${name} is no option of it, only signal is${nearest(name, { signal: 0 }) === 'signal' ? '' : advice}`,
      )
  }
  const { signal } = options
  if (signal !== undefined && (typeof signal?.addEventListener !== 'function' || typeof signal.aborted !== 'boolean'))
    throw new ConfigError(`${method}: signal must be an AbortSignal, not ${shown(signal)}`)
  return signal
}

/** The same as options to hand on. */
export function optionsOf(
  method: string,
  options: CallOptions | undefined,
  more: readonly unknown[],
  hint = '',
): CallOptions {
  const signal = signalOf(method, options, more, hint)
  return signal === undefined ? {} : { signal }
}

/** A ConfigError for arguments that nobody would look at. */
export function refuseMore(method: string, more: readonly unknown[], hint = ''): void {
  if (more.length > 0)
    throw new ConfigError(
      `${method} was given ${more.length} argument${more.length > 1 ? 's' : ''} too many${hint && `: ${hint}`}`,
    )
}
