import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { Writer } from '../../src/writer/writer.ts'
import { LeapingClock } from '../support/leaping-clock.ts'
import { type Bench, bench } from '../transport/support.ts'
import { produceAnswer } from './embedded.ts'

let clock: LeapingClock
let b: Bench
beforeEach(() => {
  clock = new LeapingClock()
  b = bench({ clock }, { clock })
})
afterEach(async () => {
  await b.close()
  clock.close()
})

const open = (): Writer => new Writer({ addr: b.broker.addresses, topic: 'topic', transport: b.transport })

async function failure(writer: Writer): Promise<{ code: number; message: string; took: number }> {
  const began = clock.monotonic()
  const error = await writer.writeMessage({ partition: 0, value: 'x' }).catch(error => error)
  return { code: error.code, message: error.message, took: clock.monotonic() - began }
}

describe('what can’t pass by itself fails at once, with default settings, and what comes next is written', () => {
  test.each([
    ['unsupported', ErrorCode.UnsupportedVersion],
    ['unsupported by the topic’s format', ErrorCode.UnsupportedForMessageFormat],
    ['not allowed', ErrorCode.TopicAuthorizationFailed],
    ['not allowed in the cluster', ErrorCode.ClusterAuthorizationFailed],
    ['against a policy', ErrorCode.PolicyViolation],
    ['a record that is none', ErrorCode.InvalidRecord],
    ['acks that there are not', ErrorCode.InvalidRequiredAcks],
  ])('a write that is %s', async (_what, code) => {
    const stop = b.broker.control(Produce, request => produceAnswer(request, code))
    await using writer = open()
    const { code: told, message, took } = await failure(writer)
    expect([told, took < 1_000]).toEqual([code, true])
    expect(message).toContain('topic/0')
    stop()
    await writer.writeMessages({ partition: 0, value: 'y' })
  })

  test.each([
    ['unsupported', ErrorCode.UnsupportedVersion],
    ['not allowed', ErrorCode.ClusterAuthorizationFailed],
  ])('a producer id that is %s', async (_what, errorCode) => {
    const stop = b.broker.control(InitProducerId, () => ({ errorCode, producerId: -1n, producerEpoch: -1 }))
    await using writer = open()
    const { code, took } = await failure(writer)
    expect([code, took < 1_000]).toEqual([errorCode, true])
    stop()
    await writer.writeMessages({ partition: 0, value: 'y' })
  })
})

test.each([
  ['MESSAGE_TOO_LARGE', ErrorCode.MessageSizeTooLarge],
  ['RECORD_LIST_TOO_LARGE', ErrorCode.RecordListTooLarge],
])('a batch that is refused with %s is split, and one message that is with its error', async (_name, code) => {
  const most = 5_000
  let refused = 0
  b.broker.control(Produce, request => {
    if (request.topicData[0]!.partitionData[0]!.records!.length <= most) return undefined
    refused++
    return produceAnswer(request, code)
  })
  await using writer = open()
  await writer.writeMessages(Array.from({ length: 3_000 }, (_, i) => ({ partition: 0, value: String(i) })))
  expect(refused).toBeGreaterThan(0)
  await expect(writer.writeMessage({ partition: 0, value: 'x'.repeat(most) })).rejects.toMatchObject({ code })
})
