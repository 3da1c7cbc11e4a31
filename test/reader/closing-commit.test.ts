import { expect, test } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { deferred } from '../../src/base/deferred.ts'
import { ClosedError } from '../../src/base/errors.ts'
import { Broker } from '../../src/broker/index.ts'
import { Client } from '../../src/client/client.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { Reader } from '../../src/reader/reader.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Writer } from '../../src/writer/writer.ts'

test('a commit under way when the reader is closed, as by Ctrl-C, is done, and its loop ends without an error', async () => {
  await using broker = new Broker({ topics: [{ name: 't', partitions: 1 }] })
  await using transport = new Transport({ adapter: memory(broker) })
  await using writer = new Writer({ addr: broker.addresses, topic: 't', transport })
  await writer.writeMessages([{ value: 'a' }, { value: 'b' }])
  const asked = deferred<void>()
  const answer = deferred<undefined>()
  broker.control(OffsetCommit, () => {
    asked.resolve()
    return answer.promise
  })
  const reader = new Reader({ brokers: broker.addresses, groupId: 'g', topic: 't', transport })
  const interrupted = asked.promise.then(async () => {
    const closed = reader.close()
    answer.resolve(undefined)
    await closed
  })
  let seen = 0
  for await (const message of reader) {
    seen++
    await reader.commitMessages(message)
  }
  await interrupted
  expect(seen).toBe(1)
  const client = new Client({ addr: broker.addresses, transport })
  expect([...(await client.consumerOffsets({ groupId: 'g', topic: 't' }))]).toEqual([[0, 1]])
})

test('a commit that comes after close() says that it was not made, and how it would be', async () => {
  await using broker = new Broker({ topics: [{ name: 't', partitions: 1 }] })
  await using transport = new Transport({ adapter: memory(broker) })
  await using writer = new Writer({ addr: broker.addresses, topic: 't', transport })
  await writer.writeMessages({ value: 'a' })
  const reader = new Reader({ brokers: broker.addresses, groupId: 'g', topic: 't', transport })
  const message = await reader.fetchMessage()
  await reader.close()
  const error = await reader.commitMessages(message).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(ClosedError)
  expect(error).toMatchObject({ message: expect.stringMatching(/^the reader is closed: not committed.*signal/) })
})
