import { expect, test } from 'vitest'
import { ErrorCode, hasCode } from '../../src/protocol/errors.ts'
import type { BatchReceipt } from '../../src/writer/config.ts'
import { MessageTooLargeError, WriteErrors } from '../../src/writer/errors.ts'
import { Embedded, values } from './embedded.ts'

/** Where messages went, as onWritten was told. */
class Ranges extends Array<object> {
  readonly add = (batch: BatchReceipt, from: number, to: number): void => {
    const { topic, partition, logStartOffset } = batch
    this.push({
      topic,
      partition,
      offset: batch.offsetOf(from),
      count: to - from,
      time: batch.timeOf(-1),
      logStartOffset,
    })
  }
}

const thrownBy = (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => undefined,
    error => error,
  )

test('onWritten tells where a call’s messages went, once for each batch, and of no other call’s', async () => {
  await using embedded = new Embedded({ partitions: 2 })
  const writer = embedded.open({ batchSize: 4 })
  await writer.writeMessages({ value: 'before', partition: 0 })
  const ranges = new Ranges()
  const mine = values(6).map((message, i) => ({ ...message, partition: i < 5 ? 0 : 1 }))
  const others = writer.writeMessages({ value: 'other', partition: 0 })
  await Promise.all([others, writer.writeMessages(mine, { onWritten: ranges.add })])
  // Partitions of one answer are told of in no order.
  expect([...ranges].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))).toEqual([
    { topic: 'orders', partition: 0, offset: 2, count: 3, time: -1, logStartOffset: 0 },
    { topic: 'orders', partition: 0, offset: 5, count: 2, time: -1, logStartOffset: 0 },
    { topic: 'orders', partition: 1, offset: 0, count: 1, time: -1, logStartOffset: 0 },
  ])
})

test('onWritten is told of one message by itself, too, and of the broker’s time', async () => {
  await using embedded = new Embedded({ configs: { 'message.timestamp.type': 'LogAppendTime' } })
  const writer = embedded.open()
  const ranges = new Ranges()
  await writer.writeMessages({ value: 'a' }, { onWritten: ranges.add })
  expect([...ranges]).toMatchObject([{ offset: 0, count: 1, time: expect.any(Number) }])
  expect(ranges[0]).not.toMatchObject({ time: -1 })
})

test('onWritten is told nothing of what failed', async () => {
  await using embedded = new Embedded()
  const writer = embedded.open()
  embedded.answerProduce(ErrorCode.PolicyViolation)
  const ranges = new Ranges()
  const thrown = await thrownBy(writer.writeMessages(values(2), { onWritten: ranges.add }))
  expect((thrown as WriteErrors).errors.map(error => hasCode(error, ErrorCode.PolicyViolation))).toEqual([true, true])
  expect([...ranges]).toEqual([])
})

test('what onWritten throws is the error of the messages that it was told of', async () => {
  await using embedded = new Embedded()
  const writer = embedded.open()
  const fault = new Error('not my day')
  const onWritten = (): void => {
    throw fault
  }
  const thrown = await thrownBy(writer.writeMessages(values(2), { onWritten }))
  expect(thrown).toBeInstanceOf(WriteErrors)
  expect((thrown as WriteErrors).errors).toEqual([fault, fault])
  await writer.writeMessages({ value: 'on' })
  expect(await embedded.texts()).toEqual(['0', '1', 'on'])
})

test('an option beside onWritten that there isn’t is refused', async () => {
  await using embedded = new Embedded()
  const writer = embedded.open()
  const wrong = { onWritten: () => {}, timeout: 5 } as object
  await expect(writer.writeMessages(values(1), wrong)).rejects.toThrow('timeout is no option')
})

test('a message of more than batchBytes is a batch by itself, up to messageBytes', async () => {
  await using embedded = new Embedded({ configs: { 'max.message.bytes': '10000' } })
  const writer = embedded.open({ batchBytes: 1000, messageBytes: 5000 })
  const large = 'x'.repeat(3000)
  await writer.writeMessages([{ value: 'a' }, { value: large }, { value: 'b' }])
  expect(await embedded.texts()).toEqual(['a', large, 'b'])
  expect(embedded.sent.map(({ batch }) => batch.count)).toEqual([1, 1, 1])
  const thrown = await thrownBy(writer.writeMessages({ value: 'x'.repeat(6000) }))
  expect(thrown).toBeInstanceOf(MessageTooLargeError)
})
