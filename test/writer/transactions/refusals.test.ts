import { describe, expect, test } from 'vitest'
import { AddOffsetsToTxn } from '../../../src/protocol/add-offsets-to-txn.ts'
import { AddPartitionsToTxn } from '../../../src/protocol/add-partitions-to-txn.ts'
import type { AnyApi, RequestOf } from '../../../src/protocol/api.ts'
import { EndTxn } from '../../../src/protocol/end-txn.ts'
import { ErrorCode, hasCode } from '../../../src/protocol/errors.ts'
import { InitProducerId } from '../../../src/protocol/init-producer-id.ts'
import { Produce } from '../../../src/protocol/produce.ts'
import { TxnOffsetCommit } from '../../../src/protocol/txn-offset-commit.ts'
import { WriteErrors } from '../../../src/writer/errors.ts'
import { ProducerFencedError, TransactionAbortedError } from '../../../src/writer/transactions/errors.ts'
import { produceAnswer } from '../embedded.ts'
import { failure, protocols, Stage, topic, transactionalId, write } from './stage.ts'

/** An API, and an answer to it that says nothing but this code. */
interface Step {
  readonly api: AnyApi
  // biome-ignore lint/suspicious/noExplicitAny: requests of whatever API
  readonly refusal: (request: any, errorCode: number) => unknown
}

const addPartitions: Step = {
  api: AddPartitionsToTxn,
  refusal: ({ v3AndBelowTopics }: RequestOf<typeof AddPartitionsToTxn>, partitionErrorCode) => ({
    resultsByTopicV3AndBelow: v3AndBelowTopics.map(({ name, partitions }) => ({
      name,
      resultsByPartition: partitions.map(partitionIndex => ({ partitionIndex, partitionErrorCode })),
    })),
  }),
}
const produce: Step = { api: Produce, refusal: produceAnswer }
const addOffsets: Step = { api: AddOffsetsToTxn, refusal: (_, errorCode) => ({ errorCode }) }
const commitOffsets: Step = {
  api: TxnOffsetCommit,
  refusal: ({ topics }: RequestOf<typeof TxnOffsetCommit>, errorCode) => ({
    topics: topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }),
}
const end: Step = { api: EndTxn, refusal: (_, errorCode) => ({ errorCode }) }
const init: Step = {
  api: InitProducerId,
  refusal: (_, errorCode) => ({ errorCode, producerId: -1n, producerEpoch: -1 }),
}

/** What is wrong with a transaction, or with all of this id. */
const refusals = [
  'TransactionAbortable',
  'InvalidTransactionState',
  'InvalidProducerIDMapping',
  'UnknownProducerId',
  'TransactionalIDAuthorizationFailed',
] as const

describe.each(protocols)('refused, by %s', (name, features) => {
  const isFirst = name === 'the first protocol'
  const steps = [...(isFirst ? [addPartitions, addOffsets] : []), produce, commitOffsets, end]

  /** A transaction of a message and an offset, whose step is answered with a code, and all that its user is told. */
  async function attempt(kafka: Stage, { api, refusal }: Step, code: number) {
    const writer = kafka.open()
    const seen = kafka.answer(api, 1, request => refusal(request, code))
    const transaction = await writer.begin()
    const errors: Error[] = []
    const note = (error: Error): void => void errors.push(error)
    await transaction.writeMessages({ value: 'a' }).catch(note)
    await transaction.sendOffsets({ groupId: 'g' }, { [topic]: { 0: 1 } }).catch(note)
    await transaction.commit().catch(note)
    expect(seen.count).toBeGreaterThan(0)
    return { writer, transaction, errors }
  }

  describe.each(steps)('$api.name', step => {
    test.each(refusals)(
      '%s: the transaction is aborted, the error names the id, and the writer goes on',
      async code => {
        await using kafka = new Stage(features)
        const { writer, transaction, errors } = await attempt(kafka, step, ErrorCode[code])
        const last = errors.at(-1)!
        expect(last).toBeInstanceOf(TransactionAbortedError)
        expect(hasCode(rootOf(last), ErrorCode[code])).toBe(true)
        for (const error of errors) expect(error.message).toContain(transactionalId)
        expect(transaction.state).toBe('aborted')
        expect(await kafka.committed()).toEqual([])
        expect(await kafka.offset('g')).toBe(-1)
        await write(writer, 'next')
        expect(await kafka.committed()).toEqual(['next'])
        expect(await kafka.isOpen()).toBe(false)
      },
    )

    test('ConcurrentTransactions: it is asked again, and there', async () => {
      await using kafka = new Stage(features)
      const { errors, transaction } = await attempt(kafka, step, ErrorCode.ConcurrentTransactions)
      expect(errors).toEqual([])
      expect(transaction.state).toBe('committed')
      expect(await kafka.committed()).toEqual(['a'])
      expect(await kafka.offset('g')).toBe(1)
    })

    test.each(['ProducerFenced', 'InvalidProducerEpoch'] as const)('%s: the writer is over', async code => {
      await using kafka = new Stage(features)
      // The coordinator says so, too.
      const { stop } = kafka.answer(EndTxn, 9, () => ({ errorCode: ErrorCode[code] }))
      const { writer, transaction, errors } = await attempt(kafka, step, ErrorCode[code])
      expect(errors.at(-1)).toBeInstanceOf(ProducerFencedError)
      for (const error of errors) expect(error.message).toContain(transactionalId)
      expect(errors.at(-1)!.message).toContain('another writer began with it')
      expect(transaction.state).toBe('aborted')
      expect(await failure(writer.begin())).toBeInstanceOf(ProducerFencedError)
      stop()
      await write(kafka.open(), 'next')
      expect(await kafka.committed()).toEqual(['next'])
    })
  })

  test.each([...refusals, 'InvalidTransactionTimeout'] as const)(
    'InitProducerId, %s: begin() says so, and may be tried again',
    async code => {
      await using kafka = new Stage(features)
      const writer = kafka.open()
      kafka.answer(InitProducerId, 1, request => init.refusal(request, ErrorCode[code]))
      const error = await failure(writer.begin())
      expect(hasCode(error, ErrorCode[code])).toBe(true)
      expect(error.message).toContain(transactionalId)
      await write(writer, 'a')
      expect(await kafka.committed()).toEqual(['a'])
    },
  )

  test('a transactionTimeout above the broker’s bound: begin() says so', async () => {
    await using kafka = new Stage(features)
    const error = await failure(kafka.open({ transactionTimeout: 1_000_000_000 }).begin())
    expect(hasCode(error, ErrorCode.InvalidTransactionTimeout)).toBe(true)
    expect(error.message).toContain(transactionalId)
  })

  test('fenced long after its last transaction, it says who, and not that this one took too long', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open()
    await write(writer, 'a')
    await kafka.clock.sleep(600_000)
    // A message that can't be written: the next transaction needs a new epoch.
    await failure(writer.transaction(tx => tx.writeMessages({ value: 'b', partition: 7 })))
    await write(kafka.open(), 'c')
    const error = await failure(
      (async () => {
        await write(writer, 'd')
        await write(writer, 'e')
      })(),
    )
    const fenced = error instanceof ProducerFencedError ? error : await failure(writer.begin())
    expect(fenced.message).toContain('another writer began with it')
    expect(await kafka.committed()).toEqual(['a', 'c'])
  })

  test.each(['OutOfOrderSequenceNumber', 'UnknownProducerId'] as const)(
    'a partition that lost what was before (%s): what comes next is not taken for a repeat of it',
    async code => {
      await using kafka = new Stage(features)
      const writer = kafka.open()
      await write(writer, 'a')
      const transaction = await writer.begin()
      await transaction.writeMessages({ value: 'b' })
      kafka.answer(Produce, 1, request => produceAnswer(request, ErrorCode[code]))
      const written = await transaction.writeMessages({ value: 'c' }).then(
        () => true,
        error => !(error instanceof WriteErrors),
      )
      const committed = await transaction.commit().then(
        () => true,
        error => {
          expect(error).toBeInstanceOf(TransactionAbortedError)
          expect(error.temporary).toBe(true)
          return false
        },
      )
      expect(committed).toBe(written)
      expect(await kafka.committed()).toEqual(committed ? ['a', 'b', 'c'] : ['a'])
      await write(writer, 'd')
      expect((await kafka.committed()).at(-1)).toBe('d')
    },
  )
})

function rootOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? rootOf(error.cause) : error
}
