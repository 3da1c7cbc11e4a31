import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { AuthenticationError, Client, ErrorCode, plain, scram } from '../../src/index.ts'
import { LeapingClock } from '../support/leaping-clock.ts'
import { open } from './open.ts'

const users = { alice: 'secret', bob: 'secret' }

function delegating(config: Parameters<typeof open>[0] = {}) {
  const opened = open({ users, ...config })
  const clientOf = (sasl: ReturnType<typeof scram>): Client =>
    new Client({ addr: opened.broker.addresses, transport: opened.transport({ sasl, logger: null }) })
  const byToken = ({ tokenId, hmac }: { tokenId: string; hmac: Uint8Array }, hash: 'SHA-256' | 'SHA-512' = 'SHA-256') =>
    clientOf(scram({ username: tokenId, password: Buffer.from(hmac).toString('base64'), tokenAuth: true, hash }))
  return { ...opened, clientOf, byToken, alice: clientOf(plain({ username: 'alice', password: 'secret' })) }
}

test('who has a token logs in as its owner, and gets no other token for it', async () => {
  const { alice, byToken, broker } = delegating()
  const { token } = await alice.createDelegationToken()
  for (const hash of ['SHA-256', 'SHA-512'] as const) {
    const client = byToken(token!, hash)
    expect((await client.metadata({})).brokers).toHaveLength(1)
    expect((await client.createDelegationToken()).error?.code).toBe(ErrorCode.DelegationTokenRequestNotAllowed)
  }
  const [found] = (await alice.describeDelegationTokens()).tokens
  expect(found).toMatchObject({ tokenId: token!.tokenId, owner: { type: 'User', name: 'alice' } })
  const guessed = byToken({ tokenId: token!.tokenId, hmac: new Uint8Array(64) })
  await expect(guessed.metadata({})).rejects.toThrow(AuthenticationError)
  await expect(byToken({ ...token!, tokenId: 'another' }).metadata({})).rejects.toThrow(AuthenticationError)
  const seen = inspect(broker, { depth: 20, showHidden: true, getters: true })
  expect(seen).not.toContain(Buffer.from(token!.hmac).toString('base64'))
})

test('a token ends in time, or when its owner says so', async () => {
  using clock = new LeapingClock()
  const { alice, byToken } = delegating({ clock, configs: { 'delegation.token.expiry.time.ms': '60000' } })
  const { token } = await alice.createDelegationToken()
  expect(token!.expiresAt.getTime() - token!.issuedAt.getTime()).toBe(60_000)
  await clock.sleep(50_000)
  await alice.renewDelegationToken({ hmac: token!.hmac })
  await clock.sleep(50_000)
  expect((await byToken(token!).metadata({})).brokers).toHaveLength(1)
  await clock.sleep(11_000)
  await expect(byToken(token!).metadata({})).rejects.toThrow(AuthenticationError)
  expect((await alice.describeDelegationTokens()).tokens).toEqual([])
  const { token: other } = await alice.createDelegationToken()
  await alice.expireDelegationToken({ hmac: other!.hmac })
  await expect(byToken(other!).metadata({})).rejects.toThrow(AuthenticationError)
})

test('there are only so many', async () => {
  const { alice } = delegating({ limits: { tokens: 1 } })
  const { token } = await alice.createDelegationToken()
  expect((await alice.createDelegationToken()).error?.code).toBe(ErrorCode.PolicyViolation)
  await alice.expireDelegationToken({ hmac: token!.hmac })
  expect((await alice.createDelegationToken()).error).toBeNull()
})
