import { describe, expect, test } from 'vitest'
import { TimeoutError } from '../../../src/base/errors.ts'
import { AddPartitionsToTxn } from '../../../src/protocol/add-partitions-to-txn.ts'
import { ErrorCode, hasCode } from '../../../src/protocol/errors.ts'
import { InitProducerId } from '../../../src/protocol/init-producer-id.ts'
import { Produce } from '../../../src/protocol/produce.ts'
import { TxnOffsetCommit } from '../../../src/protocol/txn-offset-commit.ts'
import { TransactionAbortedError } from '../../../src/writer/transactions/errors.ts'
import { produceAnswer } from '../embedded.ts'
import { failure, protocols, Stage, topic, write } from './stage.ts'

const deliveryTimeout = 20_000

describe.each(protocols)('what is given up, by %s', (name, features) => {
  const isFirst = name === 'the first protocol'

  test.each([
    ['refused', (kafka: Stage) => kafka.answer(Produce, 1_000, r => produceAnswer(r, ErrorCode.NotEnoughReplicas))],
    ['never answered', (kafka: Stage) => kafka.answer(Produce, 1_000, () => 'hang')],
    ['lost', (kafka: Stage) => ({ stop: kafka.frames.lose(Produce) })],
    ['answered in vain', (kafka: Stage) => ({ stop: loseAnswers(kafka) })],
  ])('batches %s until deliveryTimeout: doomed; the next transaction is right', async (_, spoil) => {
    await using kafka = new Stage(features, { partitions: 3 })
    const writer = kafka.open({ deliveryTimeout, batchSize: 2 })
    for (let partition = 0; partition < 3; partition++)
      await writer.transaction(tx => tx.writeMessages({ value: 'a', partition }))
    const transaction = await writer.begin()
    await transaction.writeMessages({ value: 'b', partition: 0 })
    const { stop } = spoil(kafka)
    const writes = Array.from({ length: 30 }, (_, i) =>
      transaction.writeMessages({ value: `lost ${i}`, partition: i % 3 }),
    )
    const outcomes = Promise.allSettled(writes)
    const error = await failure(transaction.commit())
    expect(error).toBeInstanceOf(TransactionAbortedError)
    expect(transaction.state).toBe('aborted')
    expect((await outcomes).every(({ status }) => status === 'rejected')).toBe(true)
    expect(writer.stats().bufferedBytes).toBe(0)
    stop()
    for (let round = 0; round < 2; round++)
      await writer.transaction(async tx => {
        for (let partition = 0; partition < 3; partition++) await tx.writeMessages({ value: `c${round}`, partition })
      })
    expect(await kafka.committed(0)).toEqual(['a', 'c0', 'c1'])
    expect(await kafka.committed(1)).toEqual(['a', 'c0', 'c1'])
    expect(await kafka.committed(2)).toEqual(['a', 'c0', 'c1'])
    expect(writer.stats().bufferedBytes).toBe(0)
  })

  test('calls that wait for room are refused with the rest, and hold nothing', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open({ deliveryTimeout, maxBufferedBytes: 50_000, batchBytes: 10_000 })
    await write(writer, 'a')
    const { stop } = kafka.answer(Produce, 1_000, r => produceAnswer(r, ErrorCode.NotEnoughReplicas))
    const transaction = await writer.begin()
    const value = new Uint8Array(1_000)
    const writes = Promise.allSettled(Array.from({ length: 200 }, () => transaction.writeMessages({ value })))
    await kafka.clock.sleep(100)
    await transaction.abort()
    expect((await writes).every(({ status }) => status === 'rejected')).toBe(true)
    expect(writer.stats().bufferedBytes).toBe(0)
    stop()
    await write(writer, 'b')
    expect(await kafka.committed()).toEqual(['a', 'b'])
  })

  test('a message for a topic there is not, not awaited: it is not committed without it', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open({ topic: '' })
    const transaction = await writer.begin()
    await transaction.writeMessages({ topic, value: 'a' })
    const lost = failure(transaction.writeMessages({ topic: 'elsewhere', value: 'b' }))
    const error = await failure(transaction.commit())
    expect(error).toBeInstanceOf(TransactionAbortedError)
    expect(hasCode(await lost, ErrorCode.UnknownTopicOrPartition)).toBe(true)
    expect(await kafka.committed()).toEqual([])
    await writer.transaction(tx => tx.writeMessages({ topic, value: 'c' }))
    expect(await kafka.committed()).toEqual(['c'])
  })

  test('a balancer that throws while it is being committed: it is not committed without the message', async () => {
    await using kafka = new Stage(features)
    let thrown: Error | undefined
    const writer = kafka.open({
      balancer: (_message, partitions) => {
        if (thrown !== undefined) throw thrown
        return partitions[0]!
      },
    })
    const transaction = await writer.begin()
    thrown = new Error('no partition is good enough')
    // The topic is not known yet: it waits.
    const lost = failure(transaction.writeMessages({ value: 'a' }))
    const error = await failure(transaction.commit())
    expect(error).toBeInstanceOf(TransactionAbortedError)
    expect(error.message).toContain('no partition is good enough')
    await lost
    thrown = undefined
    await write(writer, 'b')
    expect(await kafka.committed()).toEqual(['b'])
  })

  test('a write of its own writer once it is being committed is refused, and does no harm', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open()
    const transaction = await writer.begin()
    transaction.writeMessages({ value: 'a' }).catch(() => {})
    const committing = transaction.commit()
    expect((await failure(writer.writeMessages({ value: 'b' }))).message).toContain('no transaction is open')
    await committing
    expect(await kafka.committed()).toEqual(['a'])
  })

  test('offsets given up: doomed, and the next transaction is right', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open({ deliveryTimeout })
    const speakAgain = kafka.frames.lose(TxnOffsetCommit)
    const transaction = await writer.begin()
    await transaction.writeMessages({ value: 'a' })
    const sending = failure(transaction.sendOffsets({ groupId: 'g' }, { [topic]: { 0: 1 } }))
    expect(await failure(transaction.commit())).toBeInstanceOf(TransactionAbortedError)
    expect(await sending).toBeInstanceOf(TimeoutError)
    speakAgain()
    await writer.transaction(async tx => {
      await tx.writeMessages({ value: 'b' })
      await tx.sendOffsets({ groupId: 'g' }, { [topic]: { 0: 2 } })
    })
    expect(await kafka.committed()).toEqual(['b'])
    expect(await kafka.offset('g')).toBe(2)
  })

  test('an abort does not wait for offsets that are tried again and again', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open({ deliveryTimeout })
    const commits = kafka.answer(TxnOffsetCommit, 1_000, () => ({
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, errorCode: ErrorCode.GroupLoadInProgress }] }],
    }))
    const transaction = await writer.begin()
    const sending = failure(transaction.sendOffsets({ groupId: 'g' }, { [topic]: { 0: 1 } }))
    await kafka.clock.until(() => commits.count > 2)
    const before = kafka.clock.monotonic()
    await transaction.abort()
    expect(kafka.clock.monotonic() - before).toBeLessThan(1_500)
    await sending
    const { count } = commits
    await kafka.clock.sleep(5_000)
    expect(commits.count).toBe(count)
    commits.stop()
    await write(writer, 'a')
    expect(await kafka.committed()).toEqual(['a'])
  })

  if (isFirst)
    test('partitions that could not be told of yet are not told of after the abort', async () => {
      await using kafka = new Stage(features)
      const writer = kafka.open({ deliveryTimeout })
      const tellings = kafka.answer(AddPartitionsToTxn, 3, ({ v3AndBelowTopics }) => ({
        resultsByTopicV3AndBelow: v3AndBelowTopics.map(({ name }) => ({
          name,
          resultsByPartition: [{ partitionIndex: 0, partitionErrorCode: ErrorCode.GroupLoadInProgress }],
        })),
      }))
      const transaction = await writer.begin()
      const writing = failure(transaction.writeMessages({ value: 'a' }))
      await kafka.clock.until(() => tellings.count === 2)
      await transaction.abort()
      await writing
      await kafka.clock.sleep(5_000)
      expect(tellings.count).toBe(2)
      tellings.stop()
      // What came late was taken for another writer's.
      await write(writer, 'b')
      await kafka.clock.sleep(5_000)
      await write(writer, 'c')
      expect(await kafka.committed()).toEqual(['b', 'c'])
      expect(await kafka.isOpen()).toBe(false)
    })

  test('no coordinator in time: begin() says so, and may be tried again', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open({ deliveryTimeout })
    const speakAgain = kafka.frames.lose(InitProducerId)
    const began = kafka.clock.monotonic()
    expect(await failure(writer.begin())).toBeInstanceOf(TimeoutError)
    expect(kafka.clock.monotonic() - began).toBeLessThanOrEqual(deliveryTimeout + 1_000)
    speakAgain()
    await write(writer, 'a')
    expect(await kafka.committed()).toEqual(['a'])
  })
})

/** Each batch is written, and nobody is told. */
function loseAnswers(kafka: Stage): () => void {
  return kafka.broker.control(Produce, async (_request, { apply }) => {
    await apply()
    return 'drop' as const
  })
}
