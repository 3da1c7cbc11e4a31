import { ConfigError } from './errors.ts'
import { type Logger, silentLogger } from './logger.ts'

/**
 * A user's function that throws, or answers a promise that rejects, must not break the loop that calls it, nor end the
 * process.
 */
export function guarded<A extends unknown[]>(
  call: (...args: A) => unknown,
  failed: (error: unknown) => void,
): (...args: A) => void {
  return (...args) => {
    try {
      const answer = call(...args)
      if (answer instanceof Promise) answer.catch(failed)
    } catch (error) {
      failed(error)
    }
  }
}

/**
 * The logger, its own failures swallowed: there is nowhere left to tell of them. `otherwise` serves where none is
 * given, silence for null.
 */
export function guardedLogger(logger: Logger | null | undefined, otherwise: Logger): Logger {
  if (logger === undefined) return otherwise
  if (logger === null) return silentLogger
  for (const level of Object.keys(silentLogger) as (keyof Logger)[])
    if (typeof logger[level] !== 'function')
      throw new ConfigError('logger needs the functions debug, info, warn and error, as console has them')
  const quiet = (level: keyof Logger): Logger['debug'] =>
    guarded(
      (message: string, ...details: unknown[]) => logger[level](message, ...details),
      () => {},
    )
  return { debug: quiet('debug'), info: quiet('info'), warn: quiet('warn'), error: quiet('error') }
}
