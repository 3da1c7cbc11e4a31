import type { Logger } from '../base/logger.ts'

/** A user's function that throws must not break the loop that calls it. */
export function harmless<A extends unknown[]>(call: (...args: A) => void, failed: (error: unknown) => void): (...args: A) => void {
  return (...args) => {
    try {
      call(...args)
    } catch (error) {
      failed(error)
    }
  }
}

/** The logger, its own failures swallowed: there is nowhere left to tell of them. */
export function harmlessLogger(logger: Logger): Logger {
  const quiet = (level: keyof Logger): Logger['debug'] =>
    harmless(
      (message: string, ...details: unknown[]) => logger[level](message, ...details),
      () => {},
    )
  return { debug: quiet('debug'), info: quiet('info'), warn: quiet('warn'), error: quiet('error') }
}
