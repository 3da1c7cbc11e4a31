import { expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { AuthenticationError, ConfigError } from '../../src/base/errors.ts'
import { type AwsMskIamOptions, awsMskIam } from '../../src/sasl/aws-msk-iam.ts'

const clock = { ...systemClock, now: () => Date.UTC(2021, 9, 14, 13, 5, 0) }
const session = { host: 'localhost', port: 9098, clock }
const keys = { accessKeyId: 'ACCESS_KEY', secretAccessKey: 'SECRET_KEY' }

async function said(options: Partial<AwsMskIamOptions> = {}) {
  const { response } = await awsMskIam({ region: 'us-east-1', credentials: keys, ...options }).start(session)
  return JSON.parse(Buffer.from(response).toString()) as Record<string, string>
}

test('signs as kafka-go does', async () => {
  const fields = await said({ userAgent: 'me' })
  expect(fields).toEqual({
    action: 'kafka-cluster:Connect',
    host: 'localhost',
    'user-agent': 'me',
    version: '2020_10_22',
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': 'ACCESS_KEY/20211014/us-east-1/kafka-cluster/aws4_request',
    'x-amz-date': '20211014T130500Z',
    'x-amz-expires': '300',
    'x-amz-signature': '6b8d25f9b45b9c7db9da855a49112d80379224153a27fd279c305a5b7940d1a7',
    'x-amz-signedheaders': 'host',
  })
  expect(Object.keys(fields)).toEqual(Object.keys(fields).sort())
})

test('asks for credentials each time, and says their session’s token', async () => {
  let n = 0
  const mechanism = awsMskIam({ region: 'eu-west-1', credentials: async () => ({ ...keys, sessionToken: `t/${++n}` }) })
  const tokens = []
  for (let i = 0; i < 2; i++) {
    const { response } = await mechanism.start(session)
    tokens.push(JSON.parse(Buffer.from(response).toString())['x-amz-security-token'])
  }
  expect(tokens).toEqual(['t/1', 't/2'])
})

test('an answer is the end; none is a refusal', async () => {
  const { machine } = await awsMskIam({ region: 'us-east-1', credentials: keys }).start(session)
  expect(await machine.next(Buffer.from('{"version":"2020_10_22","request-id":"x"}'))).toEqual({ done: true })
  await expect(machine.next(new Uint8Array())).rejects.toThrow(AuthenticationError)
})

test('refuses credentials that are none, without showing them', async () => {
  const error = await said({ credentials: () => ({ secretAccessKey: 'SECRET_KEY' }) as never }).catch(error => error)
  expect(error).toBeInstanceOf(ConfigError)
  expect(error.message).not.toContain('SECRET_KEY')
  expect(() => awsMskIam({ region: '', credentials: keys })).toThrow(/region is empty/)
})
