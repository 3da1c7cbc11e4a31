import { gzipSync } from 'node:zlib'
import { crc32c } from '#crc32c'
import { zstdCompressor } from '../../src/compression/zstd-compress.ts'
import { CreatePartitions } from '../../src/protocol/create-partitions.ts'
import { CreateTopics } from '../../src/protocol/create-topics.ts'
import { DescribeConfigs } from '../../src/protocol/describe-configs.ts'
import { DescribeGroups } from '../../src/protocol/describe-groups.ts'
import { FindCoordinator } from '../../src/protocol/find-coordinator.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import { ListTransactions } from '../../src/protocol/list-transactions.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { batch, type Peer } from './peer.ts'

// What clients seldom ask, or should not.

export async function leftOver(peer: Peer, topic: string): Promise<void> {
  await peer.topic(topic)
  for (const tail of [[0], [1, 2, 3], new Array(1000).fill(255)]) {
    const beyond = Uint8Array.from(tail)
    for (const version of [1, 4, 8, 12])
      await peer.askWith(beyond, Metadata, version, { topics: [{ name: topic }], allowAutoTopicCreation: version < 4 })
    await peer.askWith(beyond, ListOffsets, 4, {
      replicaId: -1,
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
    })
  }
}

export async function configKeys(peer: Peer, topic: string): Promise<void> {
  await peer.topic(topic)
  const names = async (configurationKeys: string[] | null): Promise<string[]> => {
    const { results } = await peer.settle(
      DescribeConfigs,
      4,
      { resources: [{ resourceType: 2, resourceName: topic, configurationKeys }] },
      () => true,
    )
    return results[0]!.configs.map(({ name }) => name).sort()
  }
  for (const keys of [[], ['retention.ms'], ['no.such'], null])
    peer.note(`DescribeConfigs of ${JSON.stringify(keys)}`, await names(keys))
}

export async function collidingNames(peer: Peer, topic: string): Promise<void> {
  await peer.topic(`${topic}.a_b`)
  const create = (validateOnly: boolean, ...names: string[]) =>
    peer.ask(CreateTopics, 7, {
      topics: names.map(name => ({ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] })),
      validateOnly,
    })
  await create(false, `${topic}_a.b`)
  await create(false, `${topic}.a.b`, `${topic}_c`)
  await create(true, `${topic}_a_b`)
  await create(false, `${topic}.a_b`)
  await create(true, `${topic}.d`, `${topic}_d`)
  await create(false, `${topic}.e`, `${topic}_e`)
  await create(false, `${topic}.f-`, `${topic}_f`)
  await peer.ask(Metadata, 12, { topics: [{ name: `${topic}_a.b` }], allowAutoTopicCreation: true })
  await new Promise(resolve => setTimeout(resolve, 300))
  await peer.ask(Metadata, 12, { topics: [{ name: `${topic}_a.b` }], allowAutoTopicCreation: false })
}

export async function assignments(peer: Peer, topic: string): Promise<void> {
  const create = (name: string, ...assigned: (readonly [partitionIndex: number, brokerIds: number[]])[]) =>
    peer.ask(CreateTopics, 7, {
      topics: [
        {
          name: `${topic}-${name}`,
          numPartitions: -1,
          replicationFactor: -1,
          assignments: assigned.map(([partitionIndex, brokerIds]) => ({ partitionIndex, brokerIds })),
          configs: [],
        },
      ],
      validateOnly: true,
    })
  await create('a', [0, [1]], [0, [1]])
  await create('b', [0, [1]], [2, [1]])
  await create('c', [-1, [1]])
  await create('d', [0, [1]], [1, [1, 9]])
  await create('e', [0, [1, 1]], [0, [1]])
  await create('f', [0, [-1]])
  await create('g', [1, [1]], [0, [1]])
  await create('h', [0, [1, 9]], [1, [1]])
  await create('i', [0, [1]], [1, []])
  await create('j', [0, [1]], [0, []])
  await create('k', [5, [9]])
  await peer.topic(`${topic}-p`, 2)
  const grow = (count: number, ...assigned: number[][]) =>
    peer.ask(CreatePartitions, 3, {
      topics: [{ name: `${topic}-p`, count, assignments: assigned.map(brokerIds => ({ brokerIds })) }],
      timeoutMs: 5000,
      validateOnly: true,
    })
  await grow(3, [1, 1])
  await grow(3, [1, 9])
  await grow(4, [1], [1, 2])
  await grow(4, [1], [])
  await grow(4, [1], [1])
  await grow(3, [1], [1])
  await grow(3)
  await grow(3, [-1])
  await grow(3, [9, 9])
}

export async function shareCoordinators(peer: Peer, group: string): Promise<void> {
  const find = async (key: string, keyType: number, version = 6): Promise<void> => {
    const { coordinators } = await peer.settle(
      FindCoordinator,
      version,
      { keyType, coordinatorKeys: [key] },
      ({ coordinators }) => coordinators[0]!.errorCode !== 15,
    )
    peer.note(
      `FindCoordinator v${version} ${key} ${keyType}`,
      coordinators.map(({ key, nodeId, errorCode }) => [key, nodeId, errorCode]),
    )
  }
  await find(group, 2)
  await find('', 2)
  await find(`${group}:AAAAAAAAAAAAAAAAAAAAAQ:0`, 2)
  await find(`${group}:AAAAAAAAAAAAAAAAAAAAAQ:x`, 2)
  await find(`${group}:AAAAAAAAAAAAAAAAAAAAAQ:-1`, 2)
  await find(`${group}:short:0`, 2)
  await find(`${group}:AAAAAAAAAAAAAAAAAAAAAQ`, 2)
  await find(`:AAAAAAAAAAAAAAAAAAAAAQ:0`, 2)
  await find(`a:b:AAAAAAAAAAAAAAAAAAAAAQ:0`, 2)
  await find(`${group}:AAAAAAAAAAAAAAAAAAAAAQ:0`, 2, 5)
  await find(group, 3)
  await find(group, -1)
  await find(group, 99)
  for (const version of [1, 3]) {
    for (const keyType of [2, 3]) await peer.ask(FindCoordinator, version, { key: group, keyType })
    await peer.ask(FindCoordinator, version, { key: `${group}:AAAAAAAAAAAAAAAAAAAAAQ:0`, keyType: 2 })
  }
  await find('', 0)
  await find('', 1)
}

export async function unknownGroups(peer: Peer, group: string): Promise<void> {
  await peer.group(group)
  for (const version of [0, 5, 6]) {
    await peer.ask(DescribeGroups, version, { groups: [`${group}-absent`] })
  }
}

/** The bytes of a batch, changed and with the right checksum. */
function altered(records: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength)
  change(view)
  view.setUint32(17, crc32c(records, 21, records.length))
  return records
}

export async function oddBatches(peer: Peer, topic: string): Promise<void> {
  await peer.topic(topic)
  await peer.transactions(topic)
  const produce = (records: Uint8Array, transactionalId: string | null = null, version = 9) =>
    peer
      .ask(Produce, version, {
        transactionalId,
        acks: -1,
        timeoutMs: 5000,
        topicData: [{ name: topic, topicId: peer.topicId(topic), partitionData: [{ index: 0, records }] }],
      })
      .catch(() => {})
  const attributes = (value: number) => (view: DataView) => view.setInt16(21, value)
  for (const version of [3, 9, 13])
    for (const codec of [5, 6, 7]) await produce(altered(batch(1), attributes(codec)), null, version)
  for (const codec of [1, 2, 3, 4]) await produce(altered(batch(1), attributes(codec)))
  await produce(altered(batch(1), attributes(0x20)))
  await produce(altered(batch(1), attributes(0x40)))
  await produce(altered(batch(1), attributes(0x100)))
  const { producerId, producerEpoch } = await peer.settle(
    InitProducerId,
    4,
    { transactionalId: topic, transactionTimeoutMs: 60_000 },
    ({ errorCode }) => errorCode === 0,
  )
  const stamp = { producerId, producerEpoch, baseSequence: 0 }
  for (const id of [null, topic]) {
    await produce(altered(batch(1, stamp), attributes(0x30)), id)
    await produce(altered(batch(1, stamp), attributes(0x20)), id)
    await produce(altered(batch(1, { ...stamp, producerId: 7_777_777n }), attributes(0x30)), id)
    await produce(batch(1, { ...stamp, transactional: true }), id)
  }
  // A request is refused whole for one transactional batch in it without an id.
  for (const name of [topic, `${topic}-absent`])
    await peer.ask(Produce, 9, {
      transactionalId: null,
      acks: -1,
      timeoutMs: 5000,
      topicData: [
        {
          name,
          partitionData: [
            { index: 0, records: batch(1) },
            { index: 7, records: altered(batch(1), attributes(0x10)) },
          ],
        },
      ],
    })
  await produce(altered(batch(1), attributes(0x10)), topic)
  await produce(altered(batch(1), attributes(0x30)), topic)
  await produce(altered(batch(1), attributes(0x30)))
  await produce(altered(batch(1), attributes(0x10)))
}

/** A batch of these bytes, compressed, in place of its records. */
function packed(codec: 'gzip' | 'zstd', inner: Uint8Array, count = 1, cut = 0): Uint8Array {
  const compressed = codec === 'gzip' ? gzipSync(inner) : zstdCompressor.compress(inner)
  const body = compressed.subarray(0, compressed.length - cut)
  const records = new Uint8Array(61 + body.length)
  records.set(batch(1).subarray(0, 61))
  records.set(body, 61)
  return altered(records, view => {
    view.setInt32(8, records.length - 12)
    view.setInt16(21, codec === 'gzip' ? 1 : 4)
    view.setInt32(23, count - 1)
    view.setInt32(57, count)
  })
}

export async function packedBatches(peer: Peer, topic: string): Promise<void> {
  await peer.topic(topic, 1, { 'max.decompressed.message.bytes': '10000' })
  const produce = (records: Uint8Array) =>
    peer
      .ask(Produce, 9, {
        acks: -1,
        timeoutMs: 5000,
        topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
      })
      .catch(() => {})
  const good = batch(1).subarray(61)
  const large = batch(1, { value: 'x'.repeat(20_000) }).subarray(61)
  for (const codec of ['gzip', 'zstd'] as const) {
    await produce(packed(codec, good))
    await produce(packed(codec, good, 2))
    await produce(packed(codec, good, 1, 4))
    await produce(packed(codec, new Uint8Array(10)))
    await produce(packed(codec, new Uint8Array([...good, 0, 0])))
    await produce(packed(codec, good.subarray(0, 8)))
    await produce(packed(codec, new Uint8Array(0)))
    await produce(packed(codec, large))
    await produce(packed(codec, new Uint8Array(50_000)))
  }
}

export async function patterns(peer: Peer, id: string): Promise<void> {
  await peer.transactions(id)
  await peer.settle(
    InitProducerId,
    4,
    { transactionalId: `${id}.aab1-Ünï`, transactionTimeoutMs: 60_000 },
    ({ errorCode }) => errorCode === 0,
  )
  const list = async (pattern: string | null): Promise<void> => {
    const { transactionStates, errorCode } = await peer.settle(
      ListTransactions,
      2,
      { stateFilters: [], producerIdFilters: [], transactionalIdPattern: pattern },
      () => true,
    )
    peer.note(`ListTransactions ${pattern}`, [
      errorCode,
      transactionStates.filter(each => each.transactionalId.startsWith(id)).length,
    ])
  }
  const all: (string | null)[] = [
    null,
    '',
    id,
    `${id}.*`,
    `.*`,
    `^${id}.*$`,
    `.*aab1.*`,
    `.*a{2}b.*`,
    `.*a{3}b.*`,
    `.*(a)\\1.*`,
    `.*(?=b).*`,
    `.*(?!x)b.*`,
    `.*(?<=b).*`,
    `.*a++b.*`,
    `.*a?+.*`,
    `.*(?i)AAB.*`,
    `(?i:${id.toUpperCase()}).*`,
    `.*\\d.*`,
    `.*\\D\\d.*`,
    `.*[[:digit:]].*`,
    `.*\\p{L}.*`,
    `.*\\pL.*`,
    `.*\\p{Lu}.*`,
    `.*\\p{Greek}.*`,
    `.*\\p{Nope}.*`,
    `.*[^a-z]+.*`,
    `.*[a-].*`,
    `.*[]a].*`,
    `.*[z-a].*`,
    `(`,
    `)`,
    `[`,
    `]`,
    `{`,
    `}`,
    `.*a{1,}b.*`,
    `.*a{,2}b.*`,
    `a{2,1}`,
    `.*a{0,1000}b.*`,
    `.*a{0,1001}b.*`,
    `.*(a{50}){50}.*`,
    `*`,
    `+a`,
    `?`,
    `a**`,
    `.*a**.*`,
    `.*(a*)*.*`,
    `.*a{2}{1}.*`,
    `.*(?P<n>a).*`,
    `.*(?<n>a).*`,
    `.*(?P<n>a)(?P<n>a).*`,
    `.*(?:aa|bb)b.*`,
    `|`,
    `a|`,
    `.*|`,
    `.*\\bb.*`,
    `.*\\B.*`,
    `\\A.*\\z`,
    `.*\\Z`,
    `.*\\Qaab\\E.*`,
    `.*\\x61.*`,
    `.*\\x{61}.*`,
    `.*\\u0061.*`,
    `.*\\141.*`,
    `.*\\t.*`,
    `.*\\_.*`,
    `.*\\y.*`,
    `.*\\`,
    `.*\\-.*`,
    `.*\\.aab.*`,
    `.*ü.*`,
    `.*(?i)ü.*`,
    `.*ï`,
    `.*(?s).*`,
    `(?m)^.*$`,
    `(?U).*`,
    `(?x) .*`,
    `.*(?-i:a).*`,
    `(?i-s:.*)`,
    `(?ii).*`,
    `(?`,
    `(?P<a`,
    `(?P<1a>.*)`,
    `(?#c).*`,
    `.*\\C.*`,
    `.*\\h.*`,
    `.*\\w.*`,
    `.*\\W.*`,
    `.*\\s.*`,
    `.*\\S`,
    `.*[\\d].*`,
    `.*[\\w-.]*`,
    `.*[^\\W].*`,
    `.*[[:^alpha:]].*`,
    `.*[[:word:]].*`,
    `.*[[:nope:]].*`,
    `.*\\pN.*`,
    `.*\\PN.*`,
    `.*\\p{^L}.*`,
    `.*[\\pL].*`,
    `.*$.*`,
    `.*a$.*`,
    `.*[a-\\d].*`,
    `.*\\07.*`,
    `.*\\8.*`,
    `.*\\0.*`,
    `.*()*.*`,
    `((((((((((((((((((((.*))))))))))))))))))))`,
    `${'('.repeat(500)}.*${')'.repeat(500)}`,
    'a?'.repeat(500),
    '.*'.repeat(500),
  ]
  for (const pattern of all) await list(pattern)
}
