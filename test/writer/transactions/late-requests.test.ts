import { describe, expect, test } from 'vitest'
import { AddOffsetsToTxn } from '../../../src/protocol/add-offsets-to-txn.ts'
import { AddPartitionsToTxn } from '../../../src/protocol/add-partitions-to-txn.ts'
import { EndTxn } from '../../../src/protocol/end-txn.ts'
import { InitProducerId } from '../../../src/protocol/init-producer-id.ts'
import { TxnOffsetCommit } from '../../../src/protocol/txn-offset-commit.ts'
import { ProducerFencedError, TransactionAbortedError } from '../../../src/writer/transactions/errors.ts'
import { failure, protocols, Stage, topic, write } from './stage.ts'

// A request whose connection is lost may come to its broker long after (KAFKA-17754): by then another transaction of the
// same writer is open.
describe.each(protocols)('a request that comes late, by %s', (name, features) => {
  const isFirst = name === 'the first protocol'

  test('EndTxn that commits: the next transaction is not committed', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open()
    const late = kafka.frames.hold(EndTxn)
    await write(writer, 'a')
    const next = await writer.begin()
    await next.writeMessages({ value: 'b' })
    await late.deliver()
    expect(await kafka.committed()).toEqual(['a'])
    await next.abort()
    await write(writer, 'c')
    expect(await kafka.committed()).toEqual(['a', 'c'])
  })

  test('EndTxn that aborts: the next transaction is not aborted', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open()
    const first = await writer.begin()
    await first.writeMessages({ value: 'a' })
    const late = kafka.frames.hold(EndTxn)
    await first.abort()
    const next = await writer.begin()
    await next.writeMessages({ value: 'b' })
    await late.deliver()
    await next.writeMessages({ value: 'c' })
    await next.commit()
    expect(await kafka.committed()).toEqual(['b', 'c'])
  })

  test('EndTxn, before the next transaction has anything in it', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open()
    const late = kafka.frames.hold(EndTxn)
    await write(writer, 'a')
    const next = await writer.begin()
    await late.deliver()
    await next.writeMessages({ value: 'b' })
    await next.commit()
    expect(await kafka.committed()).toEqual(['a', 'b'])
    expect(await kafka.isOpen()).toBe(false)
  })

  test('TxnOffsetCommit: the next transaction commits its own offsets', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open()
    const group = { groupId: 'g' }
    const late = kafka.frames.hold(TxnOffsetCommit)
    await writer.transaction(tx => tx.sendOffsets(group, { [topic]: { 0: 5 } }))
    expect(await kafka.offset('g')).toBe(5)
    const next = await writer.begin()
    await next.sendOffsets(group, { [topic]: { 0: 9 } })
    await late.deliver()
    await next.commit()
    expect(await kafka.offset('g')).toBe(9)
  })

  test('TxnOffsetCommit, in a transaction without offsets: what was committed since stays', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open()
    const late = kafka.frames.hold(TxnOffsetCommit)
    await writer.transaction(tx => tx.sendOffsets({ groupId: 'g' }, { [topic]: { 0: 5 } }))
    const { topics } = await kafka.client.offsetCommit({
      groupId: 'g',
      generationId: -1,
      memberId: '',
      topics: { [topic]: [{ partition: 0, offset: 7 }] },
    })
    expect(topics[topic]![0]!.error).toBe(null)
    const next = await writer.begin()
    await next.writeMessages({ value: 'a' })
    await late.deliver()
    await next.commit()
    expect(await kafka.offset('g')).toBe(7)
    expect(await kafka.isOpen()).toBe(false)
  })

  if (isFirst)
    test.each(['before', 'after'])('AddPartitionsToTxn, %s the next begins: nothing stays open', async when => {
      await using kafka = new Stage(features)
      const writer = kafka.open()
      const late = kafka.frames.hold(AddPartitionsToTxn)
      await write(writer, 'a')
      if (when === 'before') await late.deliver()
      const next = await writer.begin()
      if (when === 'after') await late.deliver()
      await next.commit()
      expect(await kafka.isOpen()).toBe(false)
      await write(writer, 'b')
      expect(await kafka.committed()).toEqual(['a', 'b'])
    })

  if (isFirst)
    test('AddOffsetsToTxn: nothing stays open', async () => {
      await using kafka = new Stage(features)
      const writer = kafka.open()
      const late = kafka.frames.hold(AddOffsetsToTxn)
      await writer.transaction(tx => tx.sendOffsets({ groupId: 'g' }, { [topic]: { 0: 5 } }))
      const next = await writer.begin()
      await late.deliver()
      await next.commit()
      expect(await kafka.isOpen()).toBe(false)
      await write(writer, 'b')
      expect(await kafka.committed()).toEqual(['b'])
      expect(await kafka.offset('g')).toBe(5)
    })

  test('InitProducerId that renews the epoch: the transaction that is open goes on', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open()
    // A message that was given up leaves a gap in the numbers.
    await failure(writer.transaction(tx => tx.writeMessages({ value: 'a', partition: 9 })))
    kafka.frames.loseAnswers(EndTxn)
    await write(writer, 'b')
    const late = kafka.frames.hold(InitProducerId)
    const next = await writer.begin()
    await next.writeMessages({ value: 'c' })
    // By the second protocol nothing is to be renewed.
    if (isFirst) await late.deliver()
    await next.commit()
    expect(await kafka.committed()).toEqual(['b', 'c'])
  })

  test('the very first InitProducerId takes the id over: what is open is aborted whole', async () => {
    await using kafka = new Stage(features)
    const writer = kafka.open()
    const late = kafka.frames.hold(InitProducerId)
    const open = await writer.begin()
    await open.writeMessages({ value: 'a' })
    await late.deliver()
    // The second protocol remembers whom it took the transaction from: that one goes on.
    expect(await failure(open.commit())).toBeInstanceOf(isFirst ? ProducerFencedError : TransactionAbortedError)
    expect(open.state).toBe('aborted')
    await write(isFirst ? kafka.open() : writer, 'b')
    expect(await kafka.committed()).toEqual(['b'])
  })
})
