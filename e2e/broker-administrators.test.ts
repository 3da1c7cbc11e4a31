import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Listening, listen } from '../adapters/broker/index.ts'
import { natives } from '../adapters/node/index.ts'
import { Broker } from '../src/broker/index.ts'
import { Client, formatOffsetsCsv, parseOffsetsCsv, scram, Transport } from '../src/index.ts'
import { certificate } from '../test/adapters/certificates.ts'
import { unless, unlessFull } from '../test/support/left-out.ts'
import { javaTool } from './java.ts'
import { noKcat, noPeers, run, runPeer } from './peers/run.ts'
import { noKafka } from './shared.ts'

const tools = 'org.apache.kafka.tools'

// Other people's tools against an embedded broker that asks who they are and what they may do, over TLS.
describe('an embedded broker with TLS, logins and rights serves', () => {
  let broker: Broker
  let secured: Listening
  let home: string
  const authority = certificate({ name: 'Test CA', isAuthority: true })
  const { cert, key } = certificate({ name: 'broker', hosts: ['localhost', '127.0.0.1'], issuer: authority })
  beforeAll(async () => {
    broker = new Broker({
      natives,
      brokers: 3,
      topics: [{ name: 'orders', partitions: 2, replicationFactor: 2 }],
      users: { admin: 'admin-secret' },
      superUsers: ['User:admin'],
    })
    secured = await listen(broker, { tls: { cert, key } })
    home = await mkdtemp(join(tmpdir(), 'isokafka-administrators-'))
    await writeFile(join(home, 'ca.pem'), authority.cert)
    await writeFile(join(home, 'admin.properties'), properties('admin', 'admin-secret', 'SCRAM-SHA-512'))
    await writeFile(join(home, 'bob.properties'), properties('bob', 'bob-secret', 'SCRAM-SHA-256'))
  })
  afterAll(async () => {
    await secured?.close()
    await broker?.close()
    if (home !== undefined) await rm(home, { recursive: true })
  })

  const properties = (name: string, password: string, mechanism: string): string =>
    [
      'security.protocol=SASL_SSL',
      `sasl.mechanism=${mechanism}`,
      `sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="${name}" password="${password}";`,
      'ssl.truststore.type=PEM',
      `ssl.truststore.location=${join(home, 'ca.pem')}`,
      '',
    ].join('\n')

  const admin = (program: string, ...args: string[]): Promise<string> =>
    javaTool(program, [
      '--bootstrap-server',
      secured.addresses[0]!,
      '--command-config',
      join(home, 'admin.properties'),
      ...args,
    ])

  test("Java's tools: rules, who has one, moves, elections, log directories, tokens, the quorum", {
    ...unless(noKafka, unlessFull),
    timeout: 120_000,
  }, async () => {
    const ours = new Transport({
      tls: { ca: authority.cert },
      sasl: scram({ username: 'admin', password: 'admin-secret' }),
    })
    await makeUser(new Client({ addr: secured.addresses, transport: ours }), 'bob', 'bob-secret')
    await ours.close()
    const rule = ['--allow-principal', 'User:bob', '--operation', 'Write', '--topic', 'orders']
    await admin(`${tools}.AclCommand`, '--add', ...rule)
    expect(await admin(`${tools}.AclCommand`, '--list', '--topic', 'orders')).toMatch(/User:bob.*WRITE.*ALLOW/s)
    const bob = [
      ...['--bootstrap-server', secured.addresses[0]!, '--topic', 'orders'],
      ...['--command-config', join(home, 'bob.properties')],
    ]
    await javaTool(`${tools}.ConsoleProducer`, bob, 'one\ntwo\n')
    const plan = { version: 1, partitions: [{ topic: 'orders', partition: 0, replicas: [3, 1] }] }
    await writeFile(join(home, 'plan.json'), JSON.stringify(plan))
    const move = ['--reassignment-json-file', join(home, 'plan.json')]
    await admin(`${tools}.reassign.ReassignPartitionsCommand`, ...move, '--execute')
    expect(await admin(`${tools}.reassign.ReassignPartitionsCommand`, ...move, '--verify')).toMatch(/is completed/)
    const elected = await admin(
      `${tools}.LeaderElectionCommand`,
      ...['--election-type', 'preferred', '--topic', 'orders', '--partition', '0'],
    ).catch((error: Error) => error.message)
    expect(elected).toMatch(/Successfully completed leader election|Valid replica already elected/)
    const logDirs = await admin(`${tools}.LogDirsCommand`, '--describe', '--topic-list', 'orders')
    expect(logDirs).toContain('/memory/broker-3')
    const token = await admin(`${tools}.DelegationTokenCommand`, '--create', '--max-life-time-period', '-1')
    expect(token).toMatch(/User:admin/)
    expect(await admin(`${tools}.MetadataQuorumCommand`, 'describe', '--status')).toMatch(/LeaderId: +1/)
  })

  test("Java's tool and ours read each other's files of offsets", {
    ...unless(noKafka, unlessFull),
    timeout: 90_000,
  }, async () => {
    await using transport = new Transport({
      tls: { ca: authority.cert },
      sasl: scram({ username: 'admin', password: 'admin-secret' }),
    })
    const client = new Client({ addr: secured.addresses, transport })
    const topic = 'orders'
    await client.produce({ topic, partition: 0, records: Array.from({ length: 9 }, () => ({ value: 'x' })) })
    // Kafka's tool quotes what is long.
    const [groupId, other] = ['audit', 'a group, with a "long" name and a comma']
    for (const id of [groupId, other])
      await client.offsetCommit({ groupId: id, topics: { [topic]: [{ partition: 0, offset: 3 }] } })
    const tool = (...args: string[]): Promise<string> =>
      admin(`${tools}.consumer.group.ConsumerGroupCommand`, '--reset-offsets', ...args)
    const exported = async (...groups: string[]) => {
      const named = groups.flatMap(id => ['--group', id])
      const text = await tool(...named, '--topic', `${topic}:0`, '--to-offset', '5', '--dry-run', '--export')
      return parseOffsetsCsv(text.replace(/^[^,]*$/gm, ''))
    }
    const five = { [topic]: [{ partition: 0, offset: 5 }] }
    expect(await exported(groupId)).toEqual([{ groupId: null, topics: five }])
    const both = await exported(groupId, other)
    expect(both.sort((a, b) => (a.groupId! < b.groupId! ? -1 : 1))).toEqual([
      { groupId: other, topics: five },
      { groupId, topics: five },
    ])
    const at = async (id: string) =>
      (await client.offsetFetch({ groupId: id, topics: { [topic]: [0] } })).topics[topic]![0]!.committedOffset
    for (const { groupId, topics } of both)
      await client.resetOffsets({ groupId: groupId!, to: { offsets: topics }, execute: true })
    expect([await at(groupId), await at(other)]).toEqual([5, 5])
    const file = join(home, 'offsets.csv')
    const plans = [groupId, other].map(async groupId => {
      const { topics } = await client.resetOffsets({ groupId, to: { offset: 7 } })
      return { groupId, topics }
    })
    await writeFile(file, formatOffsetsCsv(await Promise.all(plans)))
    await tool('--group', groupId, '--group', other, '--from-file', file, '--execute')
    expect([await at(groupId), await at(other)]).toEqual([7, 7])
    await writeFile(file, formatOffsetsCsv({ topics: { [topic]: [{ partition: 0, offset: 1 }] } }))
    await tool('--group', groupId, '--from-file', file, '--execute')
    expect([await at(groupId), await at(other)]).toEqual([1, 7])
  })

  test('kafkajs: PLAIN and SCRAM over TLS, access rules', { ...unless(noPeers), timeout: 60_000 }, async () => {
    const login = { ca: authority.cert, username: 'admin', password: 'admin-secret' }
    expect(await runPeer('kafkajs-logins.ts', secured.addresses, login)).toEqual({
      plain: 1,
      'plain, guessed': 'KafkaJSSASLAuthenticationError',
      'scram-sha-256': 1,
      'scram-sha-256, guessed': 'KafkaJSSASLAuthenticationError',
      'scram-sha-512': 1,
      'scram-sha-512, guessed': 'KafkaJSSASLAuthenticationError',
    })
  })

  // Debian's kcat puts its nonce twice into what it proves by SCRAM, which Kafka refuses since 3.7.2, as this broker does.
  test('kcat: PLAIN over TLS, and not with another password', { ...unless(noKcat), timeout: 60_000 }, async () => {
    const login = [
      ...['-b', secured.addresses.join(','), '-X', 'security.protocol=SASL_SSL'],
      ...['-X', `ssl.ca.location=${join(home, 'ca.pem')}`, '-X', 'sasl.mechanisms=PLAIN'],
      ...['-X', 'sasl.username=admin', '-X', 'sasl.password=admin-secret'],
    ]
    await run('kcat', [...login, '-P', '-t', 'kcat'], 'three\n')
    const read = await run('kcat', [...login, '-C', '-t', 'kcat', '-o', 'beginning', '-q', '-e'])
    expect(read).toBe('three\n')
    const guessed = login.map(each => each.replace('admin-secret', 'guess'))
    await expect(run('kcat', [...guessed, '-L', '-m', '3'])).rejects.toThrow()
  })
})

async function makeUser(client: Client, name: string, password: string): Promise<void> {
  const salt = randomBytes(16)
  const saltedPassword = pbkdf2Sync(password, salt, 4096, 32, 'sha256')
  const upsertion = { name, mechanism: 'sha256' as const, iterations: 4096, salt, saltedPassword }
  expect((await client.alterUserScramCredentials({ upsertions: [upsertion] })).results).toEqual([
    { user: name, error: null },
  ])
}
