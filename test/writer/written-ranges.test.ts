import { expect, test } from 'vitest'
import { ErrorCode, hasCode } from '../../src/protocol/errors.ts'
import type { WrittenRange } from '../../src/writer/config.ts'
import { MessageTooLargeError, WriteErrors } from '../../src/writer/errors.ts'
import { Embedded, values } from './embedded.ts'

const thrownBy = (run: Promise<unknown>): Promise<unknown> => run.then(() => undefined, error => error)

test('onWritten tells where a call’s messages went, once for each batch, and of no other call’s', async () => {
  await using embedded = new Embedded({ partitions: 2 })
  const writer = embedded.open({ batchSize: 4 })
  await writer.writeMessages({ value: 'before', partition: 0 })
  const ranges: WrittenRange[] = []
  const mine = values(6).map((message, i) => ({ ...message, partition: i < 5 ? 0 : 1 }))
  const others = writer.writeMessages({ value: 'other', partition: 0 })
  await Promise.all([others, writer.writeMessages(mine, { onWritten: range => ranges.push(range) })])
  expect(ranges.sort((a, b) => a.partition - b.partition || a.offset - b.offset)).toEqual([
    { topic: 'orders', partition: 0, offset: 2, count: 3, logAppendTime: -1, logStartOffset: 0 },
    { topic: 'orders', partition: 0, offset: 5, count: 2, logAppendTime: -1, logStartOffset: 0 },
    { topic: 'orders', partition: 1, offset: 0, count: 1, logAppendTime: -1, logStartOffset: 0 },
  ])
})

test('onWritten is told of one message by itself, too, and of the broker’s time', async () => {
  await using embedded = new Embedded({ configs: { 'message.timestamp.type': 'LogAppendTime' } })
  const writer = embedded.open()
  const ranges: WrittenRange[] = []
  await writer.writeMessages({ value: 'a' }, { onWritten: range => ranges.push(range) })
  expect(ranges).toMatchObject([{ offset: 0, count: 1 }])
  expect(ranges[0]!.logAppendTime).toBeGreaterThan(0)
})

test('onWritten is told nothing of what failed', async () => {
  await using embedded = new Embedded()
  const writer = embedded.open()
  embedded.answerProduce(ErrorCode.PolicyViolation)
  const ranges: WrittenRange[] = []
  const thrown = await thrownBy(writer.writeMessages(values(2), { onWritten: range => ranges.push(range) }))
  expect((thrown as WriteErrors).errors.map(error => hasCode(error, ErrorCode.PolicyViolation))).toEqual([true, true])
  expect(ranges).toEqual([])
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
