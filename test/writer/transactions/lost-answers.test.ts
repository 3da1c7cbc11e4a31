import { describe, expect, test } from 'vitest'
import { AddOffsetsToTxn } from '../../../src/protocol/add-offsets-to-txn.ts'
import { AddPartitionsToTxn } from '../../../src/protocol/add-partitions-to-txn.ts'
import { EndTxn } from '../../../src/protocol/end-txn.ts'
import { InitProducerId } from '../../../src/protocol/init-producer-id.ts'
import { Produce } from '../../../src/protocol/produce.ts'
import { TxnOffsetCommit } from '../../../src/protocol/txn-offset-commit.ts'
import { protocols, Stage, topic, write } from './stage.ts'

// What was asked for is done, and nobody hears of it; or it is asked for twice.
describe.each(protocols)('answers that are lost, by %s', (name, features) => {
  const isFirst = name === 'the first protocol'
  const apis = [
    EndTxn,
    TxnOffsetCommit,
    InitProducerId,
    Produce,
    ...(isFirst ? [AddPartitionsToTxn, AddOffsetsToTxn] : []),
  ]

  describe.each(apis)('$name', api => {
    test.each([1, 3])('%i in a row: each transaction is there once', async times => {
      await using kafka = new Stage(features)
      const writer = kafka.open()
      const group = { groupId: 'g' }
      for (let round = 0; round < 3; round++) {
        kafka.frames.loseAnswers(api, times)
        await writer.transaction(async tx => {
          await tx.writeMessages([{ value: `${round}a` }, { value: `${round}b` }])
          await tx.sendOffsets(group, { [topic]: { 0: 10 + round } })
        })
        expect(await kafka.offset('g')).toBe(10 + round)
        // Once more, aborted.
        kafka.frames.loseAnswers(api, times)
        const aborted = await writer.begin()
        await aborted.writeMessages({ value: `${round}x` })
        await aborted.sendOffsets(group, { [topic]: { 0: 100 } })
        await aborted.abort()
      }
      expect(kafka.frames.struck).toBeGreaterThanOrEqual(times)
      expect(await kafka.committed()).toEqual(['0a', '0b', '1a', '1b', '2a', '2b'])
      expect(await kafka.offset('g')).toBe(12)
      expect(await kafka.isOpen()).toBe(false)
    })

    test('carried out twice: each transaction is there once', async () => {
      // By the first InitProducerId of a new writer, come twice, the id is taken over.
      await using kafka = new Stage(features)
      const writer = kafka.open()
      await write(writer, 'a')
      kafka.frames.double(api)
      for (const value of ['b', 'c'])
        await writer.transaction(async tx => {
          await tx.writeMessages({ value })
          await tx.sendOffsets({ groupId: 'g' }, { [topic]: { 0: 7 } })
        })
      await kafka.frames.doubled()
      expect(await kafka.committed()).toEqual(['a', 'b', 'c'])
      expect(await kafka.offset('g')).toBe(7)
      expect(await kafka.isOpen()).toBe(false)
    })
  })

  test('all of them, by turns, over many transactions', async () => {
    await using kafka = new Stage(features, { partitions: 3 })
    const writer = kafka.open()
    const expected: string[] = []
    for (let round = 0; round < 40; round++) {
      kafka.frames.loseAnswers(apis[round % apis.length]!)
      const tx = await writer.begin()
      for (let partition = 0; partition < 3; partition++)
        tx.writeMessages({ value: `${round}`, partition }).catch(() => {})
      const offsets = tx.sendOffsets({ groupId: 'g' }, { [topic]: { 0: round } })
      if (round % 4 === 3) {
        offsets.catch(() => {})
        await tx.abort()
      } else {
        await tx.commit()
        await offsets
        expected.push(`${round}`)
      }
    }
    for (let partition = 0; partition < 3; partition++) {
      expect(await kafka.committed(partition)).toEqual(expected)
      expect(await kafka.isOpen(partition)).toBe(false)
    }
    expect(await kafka.offset('g')).toBe(38)
  })
})
