import { describe, expect, test } from 'vitest'
import { ErrorCode, IsolationLevel } from '../../src/index.ts'
import { DescribeTransactions } from '../../src/protocol/describe-transactions.ts'
import { EndTxn } from '../../src/protocol/end-txn.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import { Produce } from '../../src/protocol/produce.ts'
import type { BrokerConnection } from '../../src/socket/connection.ts'
import { ManualClock } from '../base/manual-clock.ts'
import { batch, open } from './open.ts'

type Identity = { producerId: bigint; producerEpoch: number }

const topics = [{ name: 't', partitions: 1 }]

function producer(connection: BrokerConnection) {
  return {
    init: async (more: object = {}): Promise<Identity & { errorCode: number }> =>
      connection.request(InitProducerId, { transactionalId: 'x', transactionTimeoutMs: 60_000, ...more }),
    async send({ producerId, producerEpoch }: Identity, baseSequence: number): Promise<number> {
      const records = batch({ producerId, producerEpoch, baseSequence, transactional: true })
      const { responses } = await connection.request(
        Produce,
        {
          transactionalId: 'x',
          acks: -1,
          timeoutMs: 1000,
          topicData: [{ name: 't', partitionData: [{ index: 0, records }] }],
        },
        { version: 12 },
      )
      return responses[0]!.partitionResponses[0]!.errorCode
    },
    end: async (
      { producerId, producerEpoch }: Identity,
      committed: boolean,
    ): Promise<Identity & { errorCode: number }> =>
      connection.request(EndTxn, { transactionalId: 'x', producerId, producerEpoch, committed }),
    async stable(): Promise<number> {
      const asked = { name: 't', partitions: [{ partitionIndex: 0, timestamp: -1 }] }
      const { topics } = await connection.request(ListOffsets, {
        replicaId: -1,
        isolationLevel: IsolationLevel.ReadCommitted,
        topics: [asked],
      })
      return topics[0]!.partitions[0]!.offset
    },
  }
}

describe('a transaction', () => {
  test('that takes longer than its timeout is aborted, its producer fenced', async () => {
    const clock = new ManualClock()
    const { connect } = open({ topics, clock })
    const { init, send, end, stable } = producer(await connect())
    const me = await init()
    expect(await send(me, 0)).toBe(0)
    clock.advance(59_999)
    expect(await stable()).toBe(0)
    clock.advance(1)
    expect(await stable()).toBe(2)
    expect(await send(me, 1)).toBe(ErrorCode.InvalidProducerEpoch)
    expect((await end(me, true)).errorCode).toBe(ErrorCode.InvalidTransactionState)
    expect(await init(me)).toMatchObject({ errorCode: 0, producerEpoch: me.producerEpoch + 1 })
    expect(clock.pending).toBe(0)
  })

  test('wakes a committed reader when it ends', async () => {
    const { connect } = open({ topics })
    const { init, send, end } = producer(await connect())
    const me = await init()
    await send(me, 0)
    const asked = { topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }
    const reading = (await connect()).request(
      Fetch,
      { maxWaitMs: 60_000, minBytes: 1, isolationLevel: IsolationLevel.ReadCommitted, topics: [asked] },
      { version: 12 },
    )
    await end(me, false)
    const [partition] = (await reading).responses[0]!.partitions
    expect(partition).toMatchObject({
      lastStableOffset: 2,
      abortedTransactions: [{ producerId: me.producerId, firstOffset: 0 }],
    })
  })

  test('whose epoch is exhausted goes on under a new producer id', async () => {
    const { connect } = open({ topics })
    const connection = await connect()
    const { init, send, end, stable } = producer(connection)
    let me = await init()
    const first = me.producerId
    while (me.producerId === first && me.producerEpoch < 32_766) me = await end(me, false)
    expect(me.producerEpoch).toBe(32_766)
    expect(await send(me, 0)).toBe(0)
    const last = me
    me = await end(me, true)
    expect(me).toMatchObject({ errorCode: 0, producerEpoch: 0 })
    expect(me.producerId).not.toBe(first)
    // Asked for again, it is the same answer; and what the old id wrote is committed.
    expect(await end(last, true)).toEqual(me)
    expect(await stable()).toBe(2)
    expect(await send(last, 1)).toBe(ErrorCode.InvalidProducerIDMapping)
    expect(await send(me, 0)).toBe(0)
  }, 60_000)

  test('is not for a producer that was replaced while it had none open', async () => {
    const { connect } = open({ topics })
    const { init } = producer(await connect())
    const { producerId, producerEpoch } = await init()
    const since = await init()
    expect(since.producerEpoch).toBe(producerEpoch + 1)
    expect((await init({ producerId, producerEpoch })).errorCode).toBe(ErrorCode.ProducerFenced)
    // The one who has it may ask again, its answer lost.
    const next = await init({ producerId, producerEpoch: since.producerEpoch })
    expect(next.producerEpoch).toBe(since.producerEpoch + 1)
    expect(await init({ producerId, producerEpoch: since.producerEpoch })).toMatchObject({
      errorCode: 0,
      producerEpoch: next.producerEpoch,
    })
  })

  test('is described while it is open', async () => {
    const { connect } = open({ topics })
    const connection = await connect()
    const { init, send } = producer(connection)
    const me = await init()
    await send(me, 0)
    const { transactionStates } = await connection.request(DescribeTransactions, { transactionalIds: ['x'] })
    expect(transactionStates[0]).toMatchObject({
      transactionState: 'Ongoing',
      producerEpoch: me.producerEpoch,
      topics: [{ topic: 't', partitions: [0] }],
    })
  })
})
