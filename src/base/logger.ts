import type { Clock } from './clock.ts'

/** Where the client writes what it notices. `console` is one. What a call throws is swallowed. */
export interface Logger {
  /** What helps to follow what goes on. */
  debug(message: string, ...details: unknown[]): void
  /** What changes, and is as it should be. */
  info(message: string, ...details: unknown[]): void
  /** What goes wrong and is tried again. */
  warn(message: string, ...details: unknown[]): void
  /** What goes wrong for good. */
  error(message: string, ...details: unknown[]): void
}

const ignore = (): void => {}

/** Writes nowhere; `logger: null` means it. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }

// A fault that lasts is told again after this long, in milliseconds, and no more than so many of them in that time.
const window = 30_000
const mostLines = 50

/** Writes warnings and errors to the console, none twice within 30 s, 50 in all; the default. */
export function consoleLogger(clock: Clock): Logger {
  const told = new Set<string>()
  let since = Number.NEGATIVE_INFINITY
  const to =
    (level: 'warn' | 'error') =>
    (message: string): void => {
      const now = clock.monotonic()
      if (now - since >= window) {
        told.clear()
        since = now
      }
      if (told.has(message) || told.size >= mostLines) return
      told.add(message)
      console[level](`isokafka: ${message}`)
    }
  return { debug: ignore, info: ignore, warn: to('warn'), error: to('error') }
}
