import type { Logger } from '../../src/base/logger.ts'
import { serveBridge } from '../bridge/index.ts'
import { bridgeOptions, bridgeToken, bridgeUsage } from './bridge-options.ts'

/** Runs a bridge until the program is told to stop: then connections finish what is under way. A second signal doesn't wait. */
export async function runBridge(args: readonly string[], print: (line: string) => void): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) return print(bridgeUsage)
  if (args[0] === 'token') return print(await bridgeToken(args.slice(1), process.env))
  // Listening for signals comes first: one may come while the doors open.
  const told = new Promise<NodeJS.Signals>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve)
  })
  const bridge = await serveBridge({ ...bridgeOptions(args, process.env), logger: jsonLogger })
  print(`The bridge listens on ${bridge.url}${bridge.metricsUrl === undefined ? '' : `, metrics on ${bridge.metricsUrl}`}`)
  jsonLogger.info('stopping', { signal: await told, connections: bridge.connections })
  await bridge.close()
}

/** One JSON object a line, on stderr. */
const jsonLogger: Logger = {
  debug: () => {},
  info: (message, details) => write('info', message, details),
  warn: (message, details) => write('warn', message, details),
  error: (message, details) => write('error', message, details),
}

function write(level: string, message: string, details: unknown): void {
  const time = new Date().toISOString()
  process.stderr.write(`${JSON.stringify({ time, level, message, ...(details as object | undefined) })}\n`)
}
