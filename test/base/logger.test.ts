import { afterEach, expect, test, vi } from 'vitest'
import { ConfigError } from '../../src/base/errors.ts'
import { consoleLogger } from '../../src/base/logger.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Writer } from '../../src/writer/writer.ts'
import { ManualClock } from './manual-clock.ts'

const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
const error = vi.spyOn(console, 'error').mockImplementation(() => {})
afterEach(() => vi.clearAllMocks())

test('by default warnings and errors go to the console, the rest nowhere', () => {
  const { logger } = new Transport()
  for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level](`a ${level}`)
  expect([warn.mock.calls, error.mock.calls]).toEqual([[['isokafka: a warn']], [['isokafka: a error']]])
})

test('what goes on is told once in 30 s', () => {
  const clock = new ManualClock()
  const logger = consoleLogger(clock)
  for (let i = 0; i < 5; i++) logger.warn('away')
  expect(warn).toHaveBeenCalledTimes(1)
  clock.advance(30_000)
  logger.warn('away')
  expect(warn).toHaveBeenCalledTimes(2)
})

test('a flood of different warnings is bounded', () => {
  const logger = consoleLogger(new ManualClock())
  for (let i = 0; i < 1000; i++) logger.warn(`${i} away`)
  expect(warn).toHaveBeenCalledTimes(50)
})

test('null is silence, also for one of several that share a transport', async () => {
  new Transport({ logger: null }).logger.warn('away')
  await using writer = new Writer({
    addr: '127.0.0.1:1',
    topic: 't',
    logger: null,
    maxAttempts: 1,
    idempotent: false,
    deliveryTimeout: 50,
  })
  await expect(writer.writeMessages({ value: 'x' })).rejects.toThrow()
  expect(warn).not.toHaveBeenCalled()
  expect(error).not.toHaveBeenCalled()
})

test('a logger without its functions is refused', () => {
  for (const logger of [{}, 5, 'console', { warn() {} }])
    expect(() => new Transport({ logger: logger as never })).toThrow(ConfigError)
})
