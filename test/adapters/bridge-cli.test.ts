import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { serveBridge, signedTokens } from '../../adapters/bridge/index.ts'
import { bridgeHelp, bridgeOptions, bridgeToken } from '../../adapters/cli/bridge-options.ts'
import { ConfigError } from '../../src/base/errors.ts'

const environment = { ISOKAFKA_BRIDGE_SECRET: 'a secret of thirty-two bytes or so' }
const least = ['--target', 'kafka:9092', '--allow-no-origin']

test('the arguments become a policy', () => {
  const options = bridgeOptions(
    [
      '--target',
      'kafka:9092',
      '--origin',
      'https://app.example',
      '--allow-address',
      '10.0.0.0/8',
      '--tls',
      '--metrics-port',
      '0',
    ],
    environment,
  )
  expect(options).toMatchObject({
    targets: ['kafka:9092'],
    origins: ['https://app.example'],
    allowAddresses: ['10.0.0.0/8'],
    host: '127.0.0.1',
    port: 8093,
    tls: {},
    metricsPort: 0,
    limits: { connections: 1000 },
  })
  expect(options.sasl).toBeUndefined()
  expect(
    bridgeOptions([...least, '--sasl-username', 'u'], { ...environment, ISOKAFKA_BRIDGE_SASL_PASSWORD: 'p' }).sasl
      ?.name,
  ).toBe('PLAIN')
})

test.each([
  [[], environment, /--target or --learn/],
  [['--target', 'kafka:9092'], environment, /--origin or --allow-no-origin/],
  [least, {}, /no secret/],
  [least, { ISOKAFKA_BRIDGE_SECRET: 'short' }, /32 are the least/],
  [[...least, '--port', 'http'], environment, /--port: "http" is not a number/],
  [[...least, '--cert', '/nowhere'], environment, /--cert: ENOENT/],
  [[...least, '--sasl-username', 'u'], environment, /ISOKAFKA_BRIDGE_SASL_PASSWORD/],
  [['--nonsense'], environment, /Unknown option/],
  [['stray'], environment, /stray/],
  [[...least, '--ttl', '1000'], environment, /Unknown option '--ttl'/],
])('%j: refused with a reason', (args, given, message) => {
  expect(() => bridgeOptions(args, given)).toThrow(message)
})

test('tokens of the command line are those the bridge takes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'secret')
  writeFileSync(path, `${environment.ISOKAFKA_BRIDGE_SECRET}\n`)
  const token = await bridgeToken(['--id', 'alice', '--target', 'kafka:9092', '--secret-file', path], {})
  const { authenticate } = signedTokens({ secret: environment.ISOKAFKA_BRIDGE_SECRET })
  expect(await authenticate({ token, cookie: () => undefined } as never)).toMatchObject({
    id: 'alice',
    targets: ['kafka:9092'],
  })
  expect(() => bridgeToken([], environment)).toThrow(/--id/)
  expect(() => bridgeToken(['--id', 'alice', '--origin', 'https://app.example'], environment)).toThrow(
    /Unknown option '--origin'/,
  )
})

test('a certificate that is none is told in a sentence, not by a stack', async () => {
  const starting = serveBridge({
    ...bridgeOptions([...least, '--port', '0'], environment),
    certificate: { cert: 'none', key: 'none' },
  })
  await expect(starting).rejects.toThrow(ConfigError)
  await expect(starting).rejects.toThrow(/the certificate and its key can't be used/)
})

test('the help names every option', () => {
  for (const option of [
    '--target',
    '--learn',
    '--origin',
    '--allow-address',
    '--secret-file',
    '--sasl-username',
    '--metrics-port',
    'token',
  ])
    expect(bridgeHelp).toContain(option)
})
