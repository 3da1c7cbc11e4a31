import { AddOffsetsToTxn } from '../../src/protocol/add-offsets-to-txn.ts'
import { AddPartitionsToTxn } from '../../src/protocol/add-partitions-to-txn.ts'
import { DescribeProducers } from '../../src/protocol/describe-producers.ts'
import { DescribeTransactions } from '../../src/protocol/describe-transactions.ts'
import { EndTxn } from '../../src/protocol/end-txn.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import { ListTransactions } from '../../src/protocol/list-transactions.ts'
import { OffsetFetch } from '../../src/protocol/offset-fetch.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { TxnOffsetCommit } from '../../src/protocol/txn-offset-commit.ts'
import { batch, type Peer } from './peer.ts'

/** Requests of one transactional producer, its id and epoch kept. */
function producer(peer: Peer, transactionalId: string, topic: string) {
  const held = { producerId: -1n, producerEpoch: -1 }
  return {
    held,
    async init(
      version = 4,
      given: { producerId?: bigint; producerEpoch?: number } = {},
      transactionTimeoutMs = 60_000,
    ) {
      const request = { transactionalId, transactionTimeoutMs, ...given }
      // What was open is ended first, which takes a real broker a moment.
      const first = await peer.ask(InitProducerId, version, request)
      const { errorCode, producerId, producerEpoch } =
        first.errorCode === ErrorCode.ConcurrentTransactions
          ? await peer.settle(
              InitProducerId,
              version,
              request,
              ({ errorCode }) => errorCode !== ErrorCode.ConcurrentTransactions,
            )
          : first
      peer.note('the epoch in the end', [errorCode, producerEpoch])
      if (errorCode === 0) Object.assign(held, { producerId, producerEpoch })
    },
    async add(version = 3, partitions = [0], name = topic, as = held) {
      const request = {
        v3AndBelowTransactionalId: transactionalId,
        v3AndBelowProducerId: as.producerId,
        v3AndBelowProducerEpoch: as.producerEpoch,
        v3AndBelowTopics: [{ name, partitions }],
        transactions: [],
      }
      await peer.settle(
        AddPartitionsToTxn,
        version,
        request,
        ({ resultsByTopicV3AndBelow }) =>
          resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode !== ErrorCode.ConcurrentTransactions,
      )
      return peer.ask(AddPartitionsToTxn, version, request)
    },
    send: (
      baseSequence: number,
      version = 11,
      more: {
        as?: { producerId: bigint; producerEpoch: number }
        index?: number
        transactional?: boolean
        id?: string | null
      } = {},
    ) =>
      peer.ask(Produce, version, {
        transactionalId: more.id === undefined ? transactionalId : more.id,
        acks: -1,
        timeoutMs: 5000,
        topicData: [
          {
            name: topic,
            topicId: peer.topicId(topic),
            partitionData: [
              {
                index: more.index ?? 0,
                records: batch(1, { ...(more.as ?? held), baseSequence, transactional: more.transactional ?? true }),
              },
            ],
          },
        ],
      }),
    async end(committed: boolean, version = 4, as: { producerId: bigint; producerEpoch: number } = held) {
      const request = { transactionalId, committed, ...as }
      // The markers of the one before may still be on their way.
      const { errorCode, producerId, producerEpoch } = await peer.settle(
        EndTxn,
        version,
        request,
        answer => answer.errorCode !== ErrorCode.ConcurrentTransactions,
      )
      await ended(peer, transactionalId)
      peer.note(`EndTxn v${version} ${committed}`, { errorCode, producerId, producerEpoch })
      if (version >= 5 && errorCode === 0) Object.assign(held, { producerId, producerEpoch })
    },
  }
}

/** Waits until all transactions on the partition are over, and looks at what is there. */
async function look(peer: Peer, topic: string, wait = true): Promise<void> {
  const ends = (isolationLevel: number) => ({
    replicaId: -1,
    isolationLevel,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
  })
  if (wait) {
    const end = async (isolationLevel: number) =>
      (await peer.settle(ListOffsets, 4, ends(isolationLevel), () => true)).topics[0]!.partitions[0]!.offset
    for (let left = 100; left > 0 && (await end(1)) < (await end(0)); left--)
      await new Promise(resolve => setTimeout(resolve, 50))
  }
  for (const isolationLevel of [0, 1]) {
    await peer.ask(ListOffsets, 4, ends(isolationLevel))
    await peer.ask(Fetch, 12, {
      isolationLevel,
      maxWaitMs: 0,
      minBytes: 1,
      topics: [
        {
          topic,
          topicId: peer.topicId(topic),
          partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 100_000 }],
        },
      ],
    })
  }
  await peer.ask(DescribeProducers, 0, {
    topics: [
      { name: topic, partitionIndexes: [0, 9] },
      { name: `${topic}-absent`, partitionIndexes: [0] },
    ],
  })
}

/** Waits until all markers of a transaction are written, which a real broker does after it has answered. */
async function ended(peer: Peer, id: string): Promise<void> {
  await peer.settle(
    DescribeTransactions,
    0,
    { transactionalIds: [id] },
    ({ transactionStates }) => !transactionStates[0]!.transactionState.startsWith('Prepare'),
  )
}

async function state(peer: Peer, id: string): Promise<void> {
  await ended(peer, id)
  await peer.ask(DescribeTransactions, 0, { transactionalIds: [id] })
}

export async function firstProtocol(peer: Peer, id: string): Promise<void> {
  const topic = `${id}-t`
  await peer.topic(topic, 2)
  await peer.transactions(id)
  const { init, add, send, end, held } = producer(peer, id, topic)
  await peer.ask(DescribeTransactions, 0, { transactionalIds: [`${id}-absent`] })
  await peer.ask(EndTxn, 4, { transactionalId: `${id}-absent`, producerId: 1n, producerEpoch: 0, committed: true })
  await init()
  await state(peer, id)
  await end(true)
  await end(false)
  await send(0)
  await send(0, 9)
  await add()
  await state(peer, id)
  await send(0)
  await send(1, 9)
  await look(peer, topic, false)
  await send(2, 11, { transactional: false })
  await send(2, 11, { id: null })
  await end(true)
  await look(peer, topic)
  await state(peer, id)
  await end(true)
  await end(false)
  await add()
  await send(3)
  await end(false)
  await look(peer, topic)
  await end(false)
  await end(true)
  await state(peer, id)
  await add(3, [0, 9])
  await add(3, [0], `${topic}-absent`)
  await add(3, [0], topic, { ...held, producerId: held.producerId + 1_000_000n })
  for (const version of [1, 3]) await add(version, [0], topic, { ...held, producerEpoch: 5 })
  await end(true, 4, { ...held, producerEpoch: 5 })
  await end(true, 1, { ...held, producerEpoch: 5 })
  await end(true, 4, { ...held, producerId: held.producerId + 1_000_000n })
  await state(peer, id)
}

export async function secondProtocol(peer: Peer, id: string): Promise<void> {
  const topic = `${id}-t`
  await peer.topic(topic, 2)
  await peer.transactions(id)
  const { init, send, end, held } = producer(peer, id, topic)
  await init()
  await send(0, 12)
  await send(1, 12)
  await state(peer, id)
  await look(peer, topic, false)
  const first = { ...held }
  await end(true, 5)
  await state(peer, id)
  await look(peer, topic)
  // The answer was lost, and the request comes again.
  await end(true, 5, first)
  await end(false, 5, first)
  await send(2, 12, { as: first })
  await send(0, 12)
  await send(1, 12)
  const second = { ...held }
  await end(false, 5)
  await look(peer, topic)
  await end(false, 5, second)
  await end(true, 5, second)
  // Nothing was begun.
  await end(true, 5)
  await end(false, 5)
  await end(false, 5)
  await state(peer, id)
  await send(0, 12, { as: { ...held, producerEpoch: held.producerEpoch + 5 } })
  await send(0, 12, { as: { ...held, producerId: held.producerId + 1_000_000n } })
  await send(0, 12, { id: `${id}-absent` })
  await send(0, 12, { id: null })
  await send(0, 12, { index: 1 })
  await state(peer, id)
  await end(true, 5)
}

export async function takeover(peer: Peer, id: string): Promise<void> {
  const topic = `${id}-t`
  await peer.topic(topic, 1)
  for (const version of [4, 5]) {
    const mine = `${id}-${version}`
    await peer.transactions(mine)
    const older = producer(peer, mine, topic)
    const newer = producer(peer, mine, topic)
    await older.init()
    const zombie = { ...older.held }
    if (version === 4) await older.add()
    await older.send(0, version === 4 ? 11 : 12)
    await newer.init()
    await state(peer, mine)
    await older.send(1, version === 4 ? 11 : 12, { as: zombie })
    await older.end(true, version, zombie)
    await look(peer, topic)
    await newer.init(4, newer.held)
    await newer.init(4, zombie)
    await newer.init(3, zombie)
    await newer.init(2)
    await newer.init(4, { producerId: newer.held.producerId + 1_000_000n, producerEpoch: 0 })
  }
  // Nothing is open: who was there before asks for a new epoch, and must not get that of who came since.
  const idle = `${id}-idle`
  await peer.transactions(idle)
  const before = producer(peer, idle, topic)
  const since = producer(peer, idle, topic)
  await before.init()
  const gone = { ...before.held }
  await since.init()
  await before.init(4, gone)
  await since.init(4, since.held)
  await before.init(4, gone)
  const { init } = producer(peer, `${id}-x`, topic)
  await init(4, {}, 0)
  await init(4, {}, -1)
  await init(4, {}, 100_000_000)
  await init(4, { producerId: 123_456_789n, producerEpoch: 0 })
}

export async function timeout(peer: Peer, id: string): Promise<void> {
  const topic = `${id}-t`
  await peer.topic(topic, 1)
  for (const version of [4, 5]) {
    const mine = `${id}-${version}`
    await peer.transactions(mine)
    const { init, add, send, end, held } = producer(peer, mine, topic)
    await init(4, {}, 200)
    if (version === 4) await add()
    await send(0, version === 4 ? 11 : 12)
    const before = { ...held }
    // Kafka looks for those that took too long every ten seconds.
    for (let left = 300; left > 0; left--) {
      const { transactionStates } = await peer.settle(DescribeTransactions, 0, { transactionalIds: [mine] }, () => true)
      if (transactionStates[0]!.transactionState === 'CompleteAbort') break
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    await state(peer, mine)
    await look(peer, topic)
    await send(1, version === 4 ? 11 : 12, { as: before })
    await end(true, version, before)
    await init(4, before)
  }
}

export async function offsets(peer: Peer, id: string): Promise<void> {
  const topic = `${id}-t`
  const group = `${id}-g`
  const topicId = await peer.topic(topic, 2)
  await peer.transactions(id)
  await peer.group(group)
  const { init, end, held } = producer(peer, id, topic)
  const at = (partitionIndex: number, committedOffset: number) => ({
    partitionIndex,
    committedOffset,
    committedMetadata: 'm',
  })
  const commit = (version: number, offset: number, more: object = {}) =>
    peer.ask(TxnOffsetCommit, version, {
      transactionalId: id,
      groupId: group,
      ...held,
      memberId: '',
      groupInstanceId: null,
      generationIdOrMemberEpoch: -1,
      topics: [{ name: topic, topicId, partitions: [at(0, offset)] }],
      ...more,
    })
  const read = (requireStable: boolean) =>
    peer.ask(OffsetFetch, 8, {
      groupId: '',
      topics: null,
      groups: [{ groupId: group, topics: [{ name: topic, partitionIndexes: [0] }] }],
      requireStable,
    })
  const until = (offset: number) =>
    peer.settle(
      OffsetFetch,
      8,
      {
        groupId: '',
        topics: null,
        groups: [{ groupId: group, topics: [{ name: topic, partitionIndexes: [0] }] }],
        requireStable: true,
      },
      ({ groups }) => groups[0]!.topics[0]!.partitions[0]!.committedOffset === offset,
    )
  await init()
  await commit(3, 1)
  await commit(4, 1)
  await peer.ask(AddOffsetsToTxn, 3, { transactionalId: id, groupId: group, ...held })
  await peer.ask(AddOffsetsToTxn, 3, { transactionalId: id, groupId: '', ...held })
  await peer.ask(AddOffsetsToTxn, 3, { transactionalId: `${id}-absent`, groupId: group, ...held })
  await peer.ask(AddOffsetsToTxn, 3, { transactionalId: id, groupId: group, ...held, producerEpoch: 9 })
  await peer.ask(AddOffsetsToTxn, 1, { transactionalId: id, groupId: group, ...held, producerEpoch: 9 })
  await commit(3, 5)
  await commit(3, 5, { memberId: 'nobody', generationIdOrMemberEpoch: 1 })
  await commit(3, 5, { producerEpoch: 9 })
  await commit(3, 5, {
    topics: [
      { name: `${topic}-absent`, topicId, partitions: [at(0, 1)] },
      { name: topic, topicId, partitions: [at(7, 1)] },
    ],
  })
  await read(false)
  await read(true)
  await end(true)
  await until(5)
  await read(true)
  await init()
  await commit(5, 8)
  await read(true)
  await end(false, 5)
  await until(5)
  await commit(5, 9)
  await end(true, 5)
  await until(9)
  await commit(6, 11)
  await commit(6, 11, { topics: [{ name: '', topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitions: [at(0, 1)] }] })
  await end(true, 5)
  await until(11)
  const list = async (
    filters: { stateFilters?: string[]; transactionalIdPattern?: string; durationFilter?: number },
    version = 2,
  ) => {
    const { transactionStates, ...rest } = await peer.settle(
      ListTransactions,
      version,
      { stateFilters: [], producerIdFilters: [], ...filters },
      () => true,
    )
    peer.note('ListTransactions', [
      transactionStates.filter(each => each.transactionalId === id).map(each => each.transactionState),
      rest,
    ])
  }
  await state(peer, id)
  await list({}, 0)
  await list({ stateFilters: ['CompleteCommit', 'Odd'] })
  await list({ stateFilters: ['Ongoing'] })
  await list({ transactionalIdPattern: `${id}.*` })
  await list({ transactionalIdPattern: '(' })
  await list({ durationFilter: 100_000_000 })
}
