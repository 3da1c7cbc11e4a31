import { CreateAcls } from '../../src/protocol/create-acls.ts'
import { CreateDelegationToken } from '../../src/protocol/create-delegation-token.ts'
import { DeleteAcls } from '../../src/protocol/delete-acls.ts'
import { DescribeDelegationToken } from '../../src/protocol/describe-delegation-token.ts'
import { ExpireDelegationToken } from '../../src/protocol/expire-delegation-token.ts'
import { RenewDelegationToken } from '../../src/protocol/renew-delegation-token.ts'
import type { Peer } from './peer.ts'

/** What is the same in both brokers of times and secrets. */
function shape(response: object): unknown {
  return JSON.parse(
    JSON.stringify(response, (key, value) =>
      /Timestamp/.test(key) ? value > 0 : /^(tokenId|hmac)$/.test(key) ? Object.keys(value).length : value,
    ),
  )
}

export async function tokens(admin: Peer, alice: Peer, unique: string): Promise<void> {
  const user = (principalName: string) => ({ principalType: 'User', principalName })
  const create = async (peer: Peer, more: object = {}) => {
    const request = { ownerPrincipalType: null, ownerPrincipalName: null, renewers: [], maxLifetimeMs: -1, ...more }
    const response = await peer.settle(CreateDelegationToken, 3, request, () => true)
    peer.note(`create ${JSON.stringify(request)}`, [
      shape(response),
      response.maxTimestampMs - response.issueTimestampMs,
      response.expiryTimestampMs - response.issueTimestampMs,
    ])
    return response
  }
  const owned = { owners: [user('alice')] }
  const known = (count: number) =>
    alice.settle(DescribeDelegationToken, 3, owned, ({ tokens }) => tokens.length === count)
  const describe = async (peer: Peer, owners: ReturnType<typeof user>[] | null) => {
    const response = await peer.settle(DescribeDelegationToken, 3, { owners }, () => true)
    peer.note(`describe ${JSON.stringify(owners)}`, shape(response))
  }
  const change = async (peer: Peer, hmac: Uint8Array, renewPeriodMs: number | null, expiryTimePeriodMs = 0) => {
    const response =
      renewPeriodMs === null
        ? await peer.settle(ExpireDelegationToken, 2, { hmac, expiryTimePeriodMs }, () => true)
        : await peer.settle(RenewDelegationToken, 2, { hmac, renewPeriodMs }, () => true)
    peer.note(`change ${renewPeriodMs} ${expiryTimePeriodMs}`, shape(response))
    return response
  }
  await create(admin)
  await describe(admin, null)
  await change(admin, new Uint8Array(3), -1)
  await change(admin, new Uint8Array(3), null)
  const { hmac } = await create(alice, { renewers: [user('bob'), user('carol')], maxLifetimeMs: 3_600_000 })
  await known(1)
  await create(alice, { renewers: [{ principalType: 'Group', principalName: 'x' }] })
  await create(alice, { ownerPrincipalType: 'User', ownerPrincipalName: 'dave' })
  await create(alice, { ownerPrincipalType: 'User', ownerPrincipalName: 'alice' })
  await known(2)
  await describe(alice, [])
  await describe(alice, [user('bob')])
  await describe(alice, [user('nobody')])
  await change(alice, new Uint8Array(64), -1)
  await change(alice, new Uint8Array(64), null, 1)
  await change(alice, hmac, 60_000)
  await change(alice, hmac, 1e12)
  await change(alice, hmac, -1)
  await change(alice, hmac, null, 50_000)
  await change(alice, hmac, null, -1)
  await known(1)
  // Once a rule allows it, for another.
  const rule = {
    resourceType: 7,
    resourceName: 'User:dave',
    resourcePatternType: 3,
    principal: 'User:alice',
    host: '*',
    operation: 13,
    permissionType: 3,
  }
  await admin.ask(CreateAcls, 3, { creations: [rule, { ...rule, operation: 14 }] })
  const another = { ownerPrincipalType: 'User', ownerPrincipalName: 'dave', renewers: [], maxLifetimeMs: 60_000 }
  await alice.settle(CreateDelegationToken, 3, another, ({ errorCode }) => errorCode === 0)
  await alice.settle(DescribeDelegationToken, 3, { owners: [user('dave')] }, ({ tokens }) => tokens.length === 1)
  await describe(alice, [user('dave')])
  const { tokens } = await alice.settle(DescribeDelegationToken, 3, { owners: null }, () => true)
  const byOwner = tokens.toSorted((a, b) => (a.principalName < b.principalName ? -1 : 1))
  for (const { hmac } of byOwner) await change(alice, hmac, null, -1)
  await admin.ask(DeleteAcls, 3, {
    filters: [
      {
        resourceTypeFilter: 7,
        resourceNameFilter: 'User:dave',
        patternTypeFilter: 1,
        principalFilter: null,
        hostFilter: null,
        operation: 1,
        permissionType: 1,
      },
    ],
  })
  alice.note(unique, 'done')
}
