import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { serveBridge, signedTokens } from '../../adapters/bridge/index.ts'
import { bridgeHelp, bridgeOptions, bridgeToken } from '../../adapters/cli/bridge-options.ts'
import { saslOptions } from '../../adapters/cli/sasl-options.ts'
import { systemClock } from '../../src/base/clock.ts'
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
  [[...least, '--sasl-username', 'u', '--sasl-password-file', '/nowhere'], environment, /--sasl-password-file: ENOENT/],
  [[...least, '--sasl-mechanism', 'SCRAM-SHA-512'], environment, /SCRAM-SHA-512 needs --sasl-username/],
  [[...least, '--sasl-mechanism', 'GSSAPI'], environment, /there is no "GSSAPI", but PLAIN, SCRAM-SHA-256/],
  [[...least, '--sasl-mechanism', 'toString'], environment, /there is no "toString"/],
  [[...least, '--sasl-token-file', 'x'], environment, /--sasl-token-file goes with a --sasl-mechanism/],
  [[...least, '--sasl-mechanism', 'OAUTHBEARER'], environment, /needs --sasl-token-file or --sasl-token-endpoint/],
  [
    [...least, '--sasl-mechanism', 'OAUTHBEARER', '--sasl-username', 'u'],
    environment,
    /--sasl-username is nothing of OAUTHBEARER/,
  ],
  [[...least, '--sasl-mechanism', 'OAUTHBEARER', '--sasl-token-file', '/nowhere'], environment, /ENOENT/],
  [
    [...least, '--sasl-mechanism', 'OAUTHBEARER', '--sasl-token-endpoint', 'https://id.example/token'],
    environment,
    /OAUTHBEARER needs --sasl-client-id/,
  ],
  [
    [
      ...least,
      '--sasl-mechanism',
      'OAUTHBEARER',
      '--sasl-token-endpoint',
      'http://id.example',
      '--sasl-client-id',
      'b',
    ],
    { ...environment, ISOKAFKA_BRIDGE_SASL_CLIENT_SECRET: 's' },
    /must be an https address/,
  ],
  [[...least, '--sasl-mechanism', 'AWS_MSK_IAM'], environment, /AWS_MSK_IAM needs --sasl-region/],
  [[...least, '--sasl-mechanism', 'AWS_MSK_IAM', '--sasl-region', 'eu-west-1'], environment, /AWS_ACCESS_KEY_ID/],
  [
    [...least, '--sasl-mechanism', 'AWS_MSK_IAM', '--sasl-region', 'eu-west-1', '--sasl-credentials-file', 'LICENSE'],
    environment,
    /--sasl-credentials-file: LICENSE is no JSON/,
  ],
  [
    [...least, '--sasl-mechanism', 'AWS_MSK_IAM', '--sasl-region', 'r', '--sasl-credentials-file', 'package.json'],
    environment,
    /is without AccessKeyId and SecretAccessKey/,
  ],
  [['--nonsense'], environment, /Unknown option/],
  [['stray'], environment, /stray/],
  [[...least, '--ttl', '1000'], environment, /Unknown option '--ttl'/],
])('%j: refused with a reason', (args, given, message) => {
  expect(() => bridgeOptions(args, given)).toThrow(message)
})

test.each([
  [
    'OAUTHBEARER',
    ['--sasl-token-endpoint', 'https://id.example/token', '--sasl-client-id', 'b', '--sasl-scope', 'kafka'],
    { ISOKAFKA_BRIDGE_SASL_CLIENT_SECRET: 's' },
  ],
  ['AWS_MSK_IAM', ['--sasl-region', 'eu-west-1'], { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key' }],
])('%s takes its secrets from the environment', async (mechanism, args, secrets) => {
  const { sasl } = bridgeOptions([...least, '--sasl-mechanism', mechanism, ...args], { ...environment, ...secrets })
  expect(sasl?.name).toBe(mechanism)
})

test('keys of AWS are read from their file at each authentication', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'keys.json')
  const write = (AccessKeyId: string): void =>
    writeFileSync(path, JSON.stringify({ Version: 1, AccessKeyId, SecretAccessKey: 'key', SessionToken: 'session' }))
  write('FIRST')
  const args = ['--sasl-mechanism', 'AWS_MSK_IAM', '--sasl-region', 'eu-west-1', '--sasl-credentials-file', path]
  const { sasl } = bridgeOptions([...least, ...args], environment)
  const proof = async (): Promise<string> =>
    Buffer.from((await sasl!.start({ host: 'kafka', port: 9098, clock: systemClock })).response).toString()
  expect(await proof()).toContain('FIRST')
  write('SECOND')
  expect(await proof()).toMatch(/SECOND.*"x-amz-security-token":"session"/)
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
    ...Object.keys(saslOptions).map(name => `--${name}`),
    '--metrics-port',
    'token',
  ])
    expect(bridgeHelp).toContain(option)
})
