import { describe, expect, test } from 'vitest'
import { AddPartitionsToTxn } from '../../../src/protocol/add-partitions-to-txn.ts'
import { EndTxn } from '../../../src/protocol/end-txn.ts'
import { ErrorCode } from '../../../src/protocol/errors.ts'
import { Produce } from '../../../src/protocol/produce.ts'
import { TransactionAbortedError } from '../../../src/writer/transactions/errors.ts'
import { produceAnswer } from '../embedded.ts'
import { failure, protocols, Stage, topic, write } from './stage.ts'

const thousand = Array.from({ length: 1_000 }, (_, i) => `${i}`)

describe.each(protocols)('much at once, by %s', (_name, features) => {
  test.each([{}, { async: true }])('1,000 writes and offsets that nobody awaits: all is there (%o)', async config => {
    await using kafka = new Stage(features, { partitions: 3 })
    const writer = kafka.open({ ...config, batchSize: 50 })
    const transaction = await writer.begin()
    thousand.forEach((value, i) => {
      void transaction.writeMessages({ value, partition: i % 3 })
      void transaction.sendOffsets({ groupId: `g${i % 5}` }, { [topic]: { 0: i + 1 } })
    })
    await transaction.commit()
    for (let partition = 0; partition < 3; partition++)
      expect(await kafka.committed(partition)).toEqual(thousand.filter((_, i) => i % 3 === partition))
    for (let group = 0; group < 5; group++) expect(await kafka.offset(`g${group}`)).toBe(996 + group)
    expect(writer.stats().bufferedBytes).toBe(0)
  })

  test('messages without a key ride together, up to 64 KiB: each partition costs the end of a transaction a marker', async () => {
    await using kafka = new Stage(features, { partitions: 6 })
    const writer = kafka.open()
    await writer.transaction(tx => tx.writeMessages(thousand.map(() => ({ value: 'x'.repeat(100) }))))
    const counts = await Promise.all([0, 1, 2, 3, 4, 5].map(async at => (await kafka.committed(at)).length))
    expect(counts.filter(count => count > 0)).toHaveLength(2)
  })

  test('the coordinator is told of each partition once, and the end waits until it has answered', async () => {
    await using kafka = new Stage(features, { partitions: 3 })
    const told: number[] = []
    let open = 0
    kafka.broker.control(AddPartitionsToTxn, async ({ v3AndBelowTopics }, { apply }) => {
      told.push(...v3AndBelowTopics.flatMap(({ partitions }) => partitions))
      open++
      await kafka.clock.sleep(100)
      const answer = await apply()
      open--
      return answer
    })
    kafka.broker.control(EndTxn, () => {
      expect(open).toBe(0)
    })
    const writer = kafka.open({ batchSize: 2 })
    for (let round = 0; round < 3; round++) {
      told.length = 0
      const transaction = await writer.begin()
      for (let i = 0; i < 60; i++) {
        void transaction.writeMessages({ value: `${i}`, partition: i % 3 })
        await kafka.clock.sleep(7)
      }
      await transaction.commit()
      expect(told.sort()).toEqual(features['transaction.version'] === undefined ? [0, 1, 2] : [])
    }
    expect(await kafka.committed(1)).toHaveLength(60)
  })

  test.each([{}, { async: true }])('1,000 of both, aborted: nothing is (%o)', async config => {
    await using kafka = new Stage(features)
    const writer = kafka.open({ ...config, batchSize: 50 })
    await write(writer, 'before')
    const transaction = await writer.begin()
    const all: Promise<unknown>[] = []
    thousand.forEach((value, i) => {
      all.push(transaction.writeMessages({ value }))
      all.push(transaction.sendOffsets({ groupId: 'g' }, { [topic]: { 0: i + 1 } }))
    })
    const settled = Promise.allSettled(all)
    await transaction.abort()
    await settled
    expect(await kafka.committed()).toEqual(['before'])
    expect(await kafka.offset('g')).toBe(-1)
    expect(writer.stats().bufferedBytes).toBe(0)
    await write(writer, 'after')
    expect(await kafka.committed()).toEqual(['before', 'after'])
  })

  test('an async writer’s message that fails: the transaction is not committed without it', async () => {
    await using kafka = new Stage(features)
    const errors: unknown[] = []
    const writer = kafka.open({ async: true, completion: (_messages, error) => void errors.push(error) })
    await write(writer, 'a')
    kafka.answer(Produce, 1, request => produceAnswer(request, ErrorCode.InvalidRecord))
    const transaction = await writer.begin()
    await transaction.writeMessages({ value: 'b' })
    expect(await failure(transaction.commit())).toBeInstanceOf(TransactionAbortedError)
    expect(errors.filter(error => error !== null).length).toBe(1)
    await write(writer, 'c')
    expect(await kafka.committed()).toEqual(['a', 'c'])
  })

  test('many small transactions in a row: one EndTxn each, in order', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open()
    const ends = kafka.watch(EndTxn, ({ committed }) => committed)
    for (const value of thousand.slice(0, 200)) await write(writer, value)
    expect(ends.length).toBe(200)
    expect(await kafka.committed()).toEqual(thousand.slice(0, 200))
  })

  test('many writers, each with an id of its own: each keeps its order', async () => {
    await using kafka = new Stage(features)
    const writers = Array.from({ length: 10 }, (_, i) => kafka.open({ transactionalId: `id-${i}` }))
    await Promise.all(
      writers.map(async (writer, i) => {
        for (let round = 0; round < 20; round++) {
          const transaction = await writer.begin()
          await transaction.writeMessages([{ value: `${i}:${round}a` }, { value: `${i}:${round}b` }])
          await (round % 3 === 2 ? transaction.abort() : transaction.commit())
        }
      }),
    )
    const texts = await kafka.committed()
    for (let i = 0; i < 10; i++) {
      const rounds = Array.from({ length: 20 }, (_, round) => round).filter(round => round % 3 !== 2)
      const own = texts.filter(text => text.startsWith(`${i}:`))
      expect(own).toEqual(rounds.flatMap(round => [`${i}:${round}a`, `${i}:${round}b`]))
    }
  })
})
