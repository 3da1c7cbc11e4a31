import { logLevel } from './constants.ts'
import { environment } from './environment.ts'
import type { Logger, logCreator } from './types/common.ts'

/** Writes each entry as a line of JSON to the console's method for its level. */
export const consoleLogCreator: logCreator =
  () =>
  ({ namespace, level, label, log }) => {
    const prefix = namespace ? `[${namespace}] ` : ''
    const line = JSON.stringify({ level: label, ...log, message: `${prefix}${log.message}` })
    if (level === logLevel.INFO) console.info(line)
    else if (level === logLevel.ERROR) console.error(line)
    else if (level === logLevel.WARN) console.warn(line)
    else if (level === logLevel.DEBUG) console.log(line)
  }

/** The environment's level goes before the one in the program. */
function levelOf<T>(given: T): T | logLevel {
  const name = (environment('KAFKAJS_LOG_LEVEL') ?? '').toUpperCase()
  return Object.hasOwn(logLevel, name) ? logLevel[name as keyof typeof logLevel] : given
}

/** Makes the root of loggers: those it gives names to write where it does, at its level unless given one. */
export function createLogger({
  level = logLevel.INFO,
  logCreator = consoleLogCreator,
}: {
  level?: logLevel | undefined
  logCreator?: logCreator | undefined
}): Logger {
  let current: logLevel = levelOf(level)
  const write = logCreator(current)
  const named = (namespace: string | undefined, own: logLevel | null): Logger => {
    const at =
      (label: 'INFO' | 'ERROR' | 'WARN' | 'DEBUG') =>
      (message: string, extra: object = {}): void => {
        if (logLevel[label] > (own ?? current)) return
        write({
          namespace: namespace as string,
          level: logLevel[label],
          label,
          log: { timestamp: new Date().toISOString(), logger: 'kafkajs', message, ...extra },
        })
      }
    return {
      info: at('INFO'),
      error: at('ERROR'),
      warn: at('WARN'),
      debug: at('DEBUG'),
      namespace: (name, level) => named(name, levelOf(level ?? null)),
      setLogLevel: level => {
        current = level
      },
    }
  }
  return named(undefined, null)
}
