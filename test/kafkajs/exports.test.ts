import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import kafkajs, * as ours from '../../adapters/kafkajs/index.ts'
import { unless } from '../support/left-out.ts'
import { libraries, noKafkajs } from './scenarios/libraries.ts'

const { default: _default, ...named } = ours

describe('beside kafkajs', unless(noKafkajs), () => {
  test('what it exports at run time, we do by the same names and kinds', () => {
    const { theirs } = libraries()
    const kinds = (library: object): Record<string, string> =>
      Object.fromEntries(Object.entries(library).map(([name, value]) => [name, typeof value]))
    expect(kinds(named)).toMatchObject(kinds(theirs))
  })

  test('its constants have the same numbers, and its objects the same names', () => {
    const { theirs } = libraries()
    for (const [name, value] of Object.entries(theirs)) {
      if (typeof value !== 'object') continue
      const mine = named[name as keyof typeof named] as unknown as Record<string, unknown>
      const plain = Object.entries(value).filter(([, each]) => typeof each === 'number')
      expect(mine, name).toMatchObject(Object.fromEntries(plain))
      expect(Object.keys(mine), name).toEqual(expect.arrayContaining(Object.keys(value)))
    }
  })

  test('its errors are of the same classes, and have the same fields', () => {
    const { theirs } = libraries()
    const made = (library: typeof theirs): object[] =>
      Object.entries(library)
        .filter(([name]) => name.startsWith('KafkaJS'))
        .map(([name, Class]) => {
          const Make = Class as unknown as new (...given: unknown[]) => Error
          const error = new Make(name.includes('Delete') ? { partitions: [], message: 'text' } : new Error('text'), {})
          const { stack: _stack, helpUrl: _helpUrl, ...fields } = error as Error & { helpUrl?: string }
          const classes = Object.entries(library).filter(
            ([other, Other]) => other.startsWith('KafkaJS') && error instanceof (Other as unknown as typeof Error),
          )
          return {
            name,
            called: error.name,
            message: error.message,
            fields: JSON.stringify(Object.entries(fields).sort()),
            classes: classes.map(([each]) => each).sort(),
          }
        })
        .sort((a, b) => (a.name < b.name ? -1 : 1))
    expect(made(libraries().ours)).toEqual(made(theirs))
  })
})

test('the default export has every name', () => {
  expect(kafkajs).toEqual(named)
})

test('the clients’ methods are the prototype’s, and can be replaced', () => {
  for (const name of ['producer', 'consumer', 'admin', 'logger'])
    expect(Object.getOwnPropertyDescriptor(ours.Kafka.prototype, name)).toMatchObject({
      writable: true,
      configurable: true,
    })
})

test('codecs can be taken from the table and put into it', async () => {
  const { CompressionCodecs, CompressionTypes } = ours
  const bytes = Buffer.from('words '.repeat(100))
  const { GZIP, Snappy, LZ4, ZSTD } = CompressionTypes
  for (const type of [GZIP, Snappy, LZ4, ZSTD] as const) {
    const codec = CompressionCodecs[type as typeof GZIP]() as {
      compress(encoder: { buffer: Buffer }): Promise<Buffer>
      decompress(buffer: Buffer): Promise<Buffer>
    }
    const small = await codec.compress({ buffer: bytes })
    expect(Buffer.isBuffer(small)).toBe(true)
    expect(small.length).toBeLessThan(bytes.length)
    expect((await codec.decompress(small)).equals(bytes)).toBe(true)
  }
  const before = CompressionCodecs[CompressionTypes.Snappy]
  const mine = () => ({})
  CompressionCodecs[CompressionTypes.Snappy] = mine
  expect(kafkajs.CompressionCodecs[CompressionTypes.Snappy]).toBe(mine)
  CompressionCodecs[CompressionTypes.Snappy] = before
})

describe('logs', () => {
  const lines: string[] = []
  beforeEach(() => {
    lines.length = 0
    for (const method of ['info', 'warn', 'error', 'log'] as const)
      vi.spyOn(console, method).mockImplementation(text => void lines.push(`${method} ${text}`))
  })
  afterEach(() => {
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
  })
  const parsed = (): object[] =>
    lines.map(line => ({ to: line.split(' ')[0], ...JSON.parse(line.slice(line.indexOf('{'))) }))
  const all = (logger: ours.Logger): void => {
    for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level](level, { more: 1 })
  }

  test('are lines of JSON on the console, from the level on that was given', () => {
    all(new ours.Kafka({ brokers: [] }).logger().namespace('Mine'))
    expect(parsed()).toEqual([
      { to: 'info', level: 'INFO', timestamp: expect.any(String), logger: 'kafkajs', message: '[Mine] info', more: 1 },
      { to: 'warn', level: 'WARN', timestamp: expect.any(String), logger: 'kafkajs', message: '[Mine] warn', more: 1 },
      {
        to: 'error',
        level: 'ERROR',
        timestamp: expect.any(String),
        logger: 'kafkajs',
        message: '[Mine] error',
        more: 1,
      },
    ])
  })

  test('are of the level that the environment says, whatever the program does', () => {
    vi.stubEnv('KAFKAJS_LOG_LEVEL', 'error')
    all(new ours.Kafka({ brokers: [], logLevel: ours.logLevel.DEBUG }).logger())
    expect(parsed()).toMatchObject([{ level: 'ERROR', message: 'error' }])
  })

  test('change their level while they are used; a namespace may have its own', () => {
    const logger = new ours.Kafka({ brokers: [], logLevel: ours.logLevel.NOTHING }).logger()
    const loud = logger.namespace('Loud', ours.logLevel.DEBUG)
    logger.error('unheard')
    loud.debug('heard')
    logger.setLogLevel(ours.logLevel.WARN)
    logger.info('unheard')
    logger.warn('heard')
    expect(parsed()).toMatchObject([
      { to: 'log', message: '[Loud] heard' },
      { to: 'warn', message: 'heard' },
    ])
  })
})
