import { messageOf } from '../../src/base/errors.ts'
import type { Logger } from '../../src/base/logger.ts'
import { bridgeHelp, bridgeOptions, bridgeToken } from './bridge-options.ts'
import { type Command, exitStatus, untilStopped } from './command.ts'

export const bridgeCommand: Command = {
  name: 'bridge',
  summary: 'carries WebSockets of browsers to Kafka; bridge token signs a token',
  help: bridgeHelp,

  /** Until the process is told to stop: then connections finish what is under way. */
  async run(args, { environment, print, warn, signal }) {
    if (args[0] === 'token') {
      print(await bridgeToken(args.slice(1), environment))
      return exitStatus.done
    }
    const logger = jsonLogger(warn)
    const { serveBridge } = await import('../bridge/index.ts')
    const bridge = await serveBridge({ ...bridgeOptions(args, environment), logger })
    print(
      `The bridge listens on ${bridge.url}${bridge.metricsUrl === undefined ? '' : `, metrics on ${bridge.metricsUrl}`}`,
    )
    const stopped = await untilStopped(signal)
    logger.info('stopping', { signal: stopped.signal, connections: bridge.connections })
    await bridge.close()
    return exitStatus.done
  },
}

/** One JSON object a line. */
function jsonLogger(write: (line: string) => void): Logger {
  const at =
    (level: string) =>
    (message: string, details?: unknown): void =>
      write(
        JSON.stringify(
          { time: new Date().toISOString(), level, message, ...(details as object | undefined) },
          speakOut,
        ),
      )
  return { debug: () => {}, info: at('info'), warn: at('warn'), error: at('error') }
}

// JSON has nothing of an error.
function speakOut(_key: string, value: unknown): unknown {
  return value instanceof Error ? messageOf(value) : value
}
