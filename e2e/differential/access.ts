import { AlterClientQuotas } from '../../src/protocol/alter-client-quotas.ts'
import { AlterReplicaLogDirs } from '../../src/protocol/alter-replica-log-dirs.ts'
import { AlterUserScramCredentials } from '../../src/protocol/alter-user-scram-credentials.ts'
import { DescribeClientQuotas } from '../../src/protocol/describe-client-quotas.ts'
import { DescribeLogDirs } from '../../src/protocol/describe-log-dirs.ts'
import { DescribeUserScramCredentials } from '../../src/protocol/describe-user-scram-credentials.ts'
import type { Peer } from './peer.ts'

const sha256 = 1
const sha512 = 2
const salt = new Uint8Array(16).fill(7)

function upsertion(name: string, more: object = {}) {
  return { name, mechanism: sha256, iterations: 4096, salt, saltedPassword: new Uint8Array(32).fill(9), ...more }
}

export async function scramUsers(peer: Peer, unique: string): Promise<void> {
  const [a, b, c] = ['a', 'b', 'c'].map(letter => `${unique}-${letter}`) as [string, string, string]
  const alter = (deletions: { name: string; mechanism: number }[], upsertions: ReturnType<typeof upsertion>[]) =>
    peer.ask(AlterUserScramCredentials, 0, { deletions, upsertions })
  // Brokers learn of it from the controller, in their own time.
  const known = (names: readonly string[], infos: number) =>
    peer.settle(
      DescribeUserScramCredentials,
      0,
      { users: names.map(name => ({ name })) },
      ({ results }) => results.reduce((sum, { credentialInfos }) => sum + credentialInfos.length, 0) === infos,
    )
  const describe = (...names: string[]) =>
    peer.ask(DescribeUserScramCredentials, 0, { users: names.map(name => ({ name })) })
  await alter([], [upsertion(a), upsertion(b, { mechanism: sha512, iterations: 16_384 })])
  await known([a, b], 2)
  await describe(a, b)
  await describe(a, a, c)
  await describe(a, c)
  await describe('')
  await alter([], [upsertion(a, { mechanism: sha512 }), upsertion(c, { salt: new Uint8Array(0) })])
  await known([a, c], 3)
  await describe(a, c)
  for (const more of [
    { iterations: 4095 },
    { iterations: 16_385 },
    { iterations: -1 },
    { mechanism: 0 },
    { mechanism: 3 },
    { name: '' },
    { saltedPassword: new Uint8Array(0) },
    { saltedPassword: new Uint8Array(7) },
  ])
    await alter([], [upsertion(`${unique}-wrong`, more)])
  await known([`${unique}-wrong`], 1)
  await alter([{ name: a, mechanism: sha256 }], [upsertion(a, { iterations: 5000 })])
  await alter([], [upsertion(b), upsertion(b, { mechanism: sha512 })])
  await alter([], [upsertion(b, { iterations: 1 }), upsertion(b)])
  await alter(
    [
      { name: a, mechanism: sha256 },
      { name: a, mechanism: sha512 },
    ],
    [],
  )
  await alter(
    [
      { name: a, mechanism: sha256 },
      { name: b, mechanism: sha256 },
      { name: `${unique}-none`, mechanism: sha256 },
      { name: '', mechanism: sha256 },
      { name: c, mechanism: 9 },
    ],
    [upsertion(`${unique}-new`)],
  )
  await known([`${unique}-new`], 1)
  await known([a], 1)
  await describe(a, b, c)
  await alter([], [])
}

type Entity = Record<string, string | null>
type Ops = Record<string, number | null>

const entityOf = (entity: Entity) =>
  Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName }))
const opsOf = (ops: Ops) =>
  Object.entries(ops).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null }))

export async function quotas(peer: Peer, unique: string): Promise<void> {
  const user = `${unique}-user`
  const client = `${unique}-client`
  const alter = (entries: (readonly [Entity, Ops])[], validateOnly = false) =>
    peer.ask(AlterClientQuotas, 1, {
      entries: entries.map(([entity, ops]) => ({ entity: entityOf(entity), ops: opsOf(ops) })),
      validateOnly,
    })
  const filterOf = (filter: Record<string, string | null | undefined>) =>
    Object.entries(filter).map(([entityType, match]) => ({
      entityType,
      matchType: match === undefined ? 2 : match === null ? 1 : 0,
      match: match ?? null,
    }))
  const describe = (filter: Record<string, string | null | undefined>, strict = false) =>
    peer.ask(DescribeClientQuotas, 1, { components: filterOf(filter), strict })
  const known = async (filter: Record<string, string | null | undefined>, count: number) =>
    void (await peer.settle(
      DescribeClientQuotas,
      1,
      { components: filterOf(filter), strict: false },
      ({ entries }) => entries!.reduce((sum, { values }) => sum + values.length, 0) === count,
    ))
  await alter([
    [{ user }, { producer_byte_rate: 1e6, request_percentage: 12.5 }],
    [{ user, 'client-id': client }, { consumer_byte_rate: 5e5 }],
    [{ user, 'client-id': null }, { controller_mutation_rate: 3 }],
    [{ 'client-id': client }, { producer_byte_rate: 7 }],
    [{ ip: '10.0.0.1' }, { connection_creation_rate: 5 }],
  ])
  await known({ user }, 4)
  await known({ 'client-id': client }, 2)
  await known({ ip: '10.0.0.1' }, 1)
  await describe({ user })
  await describe({ user }, true)
  await describe({ user, 'client-id': client }, true)
  await describe({ user, 'client-id': null })
  await describe({ user, 'client-id': undefined })
  await describe({ 'client-id': client })
  await describe({ 'client-id': client }, true)
  await describe({ ip: undefined })
  await describe({ user, ip: '10.0.0.1' })
  await describe({ planet: 'earth' })
  await describe({ '': 'x' })
  const ask = (components: { entityType: string; matchType: number; match: string | null }[]) =>
    peer.ask(DescribeClientQuotas, 1, { components, strict: false })
  await ask([{ entityType: 'user', matchType: 0, match: null }])
  await ask([{ entityType: 'user', matchType: 1, match: 'x' }])
  await ask([{ entityType: 'user', matchType: 2, match: 'x' }])
  await ask([{ entityType: 'user', matchType: 3, match: null }])
  await ask([
    { entityType: 'user', matchType: 0, match: 'a' },
    { entityType: 'user', matchType: 0, match: 'b' },
  ])
  const wrong: (readonly [Entity, Ops])[] = [
    [{}, { producer_byte_rate: 1 }],
    [{ planet: 'earth' }, { producer_byte_rate: 1 }],
    [{ user: '' }, { producer_byte_rate: 1 }],
    [{ user, ip: '10.0.0.1' }, { producer_byte_rate: 1 }],
    [{ ip: '10.0.0.1' }, { producer_byte_rate: 1 }],
    [{ user }, { connection_creation_rate: 1 }],
    [{ user }, { speed: 1 }],
    [{ user }, { producer_byte_rate: 0 }],
    [{ user }, { producer_byte_rate: -1 }],
    [{ user }, { producer_byte_rate: 1.5 }],
    [{ user }, { producer_byte_rate: 1.000_000_01 }],
    [{ user }, { request_percentage: -0.5 }],
    [{ user }, { producer_byte_rate: 1e30 }],
    [{ ip: '10.0.0.1' }, { connection_creation_rate: 1e12 }],
    [{ ip: 'not an address' }, { connection_creation_rate: 1 }],
  ]
  for (const each of wrong) await alter([each], true)
  await alter(
    [
      [{ user }, { producer_byte_rate: 9 }],
      [{ user }, { producer_byte_rate: 8 }],
    ],
    true,
  )
  await peer.ask(AlterClientQuotas, 1, {
    entries: [
      { entity: entityOf({ user }), ops: [...opsOf({ producer_byte_rate: 2 }), ...opsOf({ producer_byte_rate: 3 })] },
    ],
    validateOnly: true,
  })
  await alter([[{ user }, { producer_byte_rate: null, consumer_byte_rate: null }]])
  await known({ user }, 3)
  await describe({ user }, true)
  await alter([
    [{ user }, { request_percentage: null }],
    [{ user, 'client-id': client }, { consumer_byte_rate: null }],
    [{ user, 'client-id': null }, { controller_mutation_rate: null }],
    [{ 'client-id': client }, { producer_byte_rate: null }],
    [{ ip: '10.0.0.1' }, { connection_creation_rate: null }],
  ])
  await known({ user }, 0)
  await describe({ user })
}

export async function logDirs(peer: Peer, unique: string): Promise<void> {
  const topic = `${unique}-topic`
  await peer.topic(topic, 2)
  const { results } = await peer.settle(
    DescribeLogDirs,
    4,
    { topics: [{ topic, partitions: [0, 1] }] },
    ({ results }) => results[0]!.topics.length === 1,
  )
  const { logDir } = results[0]!
  const ask = async (topics: { topic: string; partitions: number[] }[]) => {
    const request = { topics }
    const response = await peer.settle(DescribeLogDirs, 4, request, () => true)
    peer.note(
      `DescribeLogDirs ${JSON.stringify(topics)}`,
      response.results.map(({ errorCode, topics }) => ({ errorCode, topics })),
    )
  }
  await ask([{ topic, partitions: [1, 0, 0] }])
  await ask([
    { topic, partitions: [0] },
    { topic: `${unique}-missing`, partitions: [0] },
    { topic, partitions: [7] },
  ])
  await ask([])
  const alter = async (path: string, topics: { name: string; partitions: number[] }[]) => {
    const response = await peer.settle(AlterReplicaLogDirs, 2, { dirs: [{ path, topics }] }, () => true)
    peer.note(`AlterReplicaLogDirs ${JSON.stringify(topics)}`, response)
  }
  await alter(logDir, [{ name: topic, partitions: [0, 7] }])
  await alter(logDir, [{ name: `${unique}-missing`, partitions: [0] }])
  await alter('/nowhere', [{ name: topic, partitions: [0] }])
}
