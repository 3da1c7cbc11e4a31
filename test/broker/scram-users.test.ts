import { pbkdf2Sync } from 'node:crypto'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { AuthenticationError, Client, ErrorCode, plain, scram } from '../../src/index.ts'
import { AlterUserScramCredentials } from '../../src/protocol/alter-user-scram-credentials.ts'
import { open } from './open.ts'

const salt = new Uint8Array(16).fill(3)

function upsertion(name: string, password: string, mechanism: 'sha256' | 'sha512' = 'sha512') {
  const saltedPassword = pbkdf2Sync(password, salt, 4096, mechanism === 'sha256' ? 32 : 64, mechanism)
  return { name, mechanism, iterations: 4096, salt, saltedPassword }
}

function administered(config: Parameters<typeof open>[0] = {}) {
  const opened = open({ users: { admin: 'secret' }, ...config })
  const as = (username: string, password: string, hash?: 'SHA-256'): Client => {
    const sasl = scram({ username, password, ...(hash && { hash }) })
    return new Client({ addr: opened.broker.addresses, transport: opened.transport({ sasl, logger: null }) })
  }
  return { ...opened, as, admin: as('admin', 'secret') }
}

test('who was given a password logs in by it until it is taken, by no other mechanism', async () => {
  const { admin, as, transport, broker } = administered()
  const { results } = await admin.alterUserScramCredentials({ upsertions: [upsertion('carol', 'first')] })
  expect(results).toEqual([{ user: 'carol', error: null }])
  expect((await as('carol', 'first').metadata({})).brokers).toHaveLength(1)
  await expect(as('carol', 'first', 'SHA-256').metadata({})).rejects.toThrow(AuthenticationError)
  const byPlain = new Client({
    addr: broker.addresses,
    transport: transport({ sasl: plain({ username: 'carol', password: 'first' }), logger: null }),
  })
  await expect(byPlain.metadata({})).rejects.toThrow(AuthenticationError)
  await admin.alterUserScramCredentials({ upsertions: [upsertion('carol', 'second')] })
  await expect(as('carol', 'first').metadata({})).rejects.toThrow(AuthenticationError)
  expect((await as('carol', 'second').metadata({})).brokers).toHaveLength(1)
  await admin.alterUserScramCredentials({ deletions: [{ name: 'carol', mechanism: 'sha512' }] })
  await expect(as('carol', 'second').metadata({})).rejects.toThrow(AuthenticationError)
  expect(inspect(broker, { depth: 20, showHidden: true, getters: true })).not.toContain('second')
})

test("the config's own users are told of by none, and keep their passwords", async () => {
  const { admin, as } = administered()
  expect((await admin.describeUserScramCredentials()).results).toEqual([])
  await admin.alterUserScramCredentials({ upsertions: [upsertion('admin', 'another')] })
  await expect(as('admin', 'secret').metadata({})).rejects.toThrow(AuthenticationError)
  await admin.alterUserScramCredentials({ deletions: [{ name: 'admin', mechanism: 'sha512' }] })
  expect((await as('admin', 'secret').metadata({})).brokers).toHaveLength(1)
})

test('there are only so many', async () => {
  const { admin } = administered({ limits: { users: 2 } })
  const { results } = await admin.alterUserScramCredentials({
    upsertions: ['a', 'b', 'c'].map(name => upsertion(name, 'x')),
  })
  const codes = Object.fromEntries(results.map(({ user, error }) => [user, error?.code ?? 0]))
  expect(codes).toEqual({ a: 0, b: 0, c: ErrorCode.PolicyViolation })
  const { results: again } = await admin.alterUserScramCredentials({
    upsertions: [{ ...upsertion('d', 'x'), salt: new Uint8Array(5000) }],
  })
  expect(again[0]!.error?.code).toBe(ErrorCode.UnacceptableCredential)
})

test('thousands in one request hold up nobody', async () => {
  const { connect } = open()
  const connection = await connect()
  const one = upsertion('x', 'y')
  const upsertions = Array.from({ length: 5000 }, (_, at) => ({ ...one, name: `${at}`, mechanism: 2 }))
  let longest = 0
  let last = performance.now()
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 1)
  const { results } = await connection.request(AlterUserScramCredentials, { deletions: [], upsertions })
  clearInterval(timer)
  expect(results.filter(({ errorCode }) => errorCode === 0)).toHaveLength(5000)
  expect(longest).toBeLessThan(250)
})
