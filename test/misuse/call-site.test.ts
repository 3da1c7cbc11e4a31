import { expect, test } from 'vitest'
import { Client } from '../../src/client/client.ts'
import { ConsumerGroup } from '../../src/group/consumer-group.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { JoinGroup } from '../../src/protocol/join-group.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { OffsetCommit } from '../../src/protocol/offset-commit.ts'
import { Reader } from '../../src/reader/reader.ts'
import { Transport } from '../../src/transport/transport.ts'
import { Writer } from '../../src/writer/writer.ts'
import { type Anything, fixture } from './fixture.ts'

const { broker, transport } = fixture()
const brokers = broker.addresses
const unreachable = { name: 'none', dial: () => Promise.reject(new Error('nothing listens')) }
const nowhere = (): Transport => new Transport({ adapter: unreachable, logger: null })
const away = (): Anything => ({ brokers, transport: nowhere(), logger: null })
const here = { brokers, transport, logger: null, maxWait: 50 }

const refusal = { generationId: -1, protocolType: null, protocolName: null, leader: '', memberId: '', members: [] }
broker.control(JoinGroup, ({ groupId }: Anything) =>
  groupId === 'refused' ? { ...refusal, errorCode: ErrorCode.GroupAuthorizationFailed } : undefined,
)

/** Each call that fails late, far from the line that made it. */
const calls: Record<string, (options: Anything) => Promise<unknown>> = {
  'Writer.writeMessages, whose topic is not there': options =>
    new Writer({ addr: brokers, topic: 'nowhere', ...{ transport, logger: null } }).writeMessages(
      [{ value: 'x' }],
      options,
    ),
  'Writer.writeMessage, whose topic is not there': options =>
    new Writer({ addr: brokers, topic: 'nowhere', ...{ transport, logger: null } }).writeMessage(
      { value: 'x' },
      options,
    ),
  'Reader.readMessage, whose topic is not there': options =>
    new Reader({ ...here, topic: 'nowhere' }).readMessage(options),
  'Reader.fetchMessage, whose brokers are away': options =>
    new Reader({ ...away(), topic: 't', partition: 0 }).fetchMessage(options),
  'Reader.readMessage of a group that refuses': options =>
    new Reader({ ...here, topic: 't', groupId: 'refused' }).readMessage(options),
  'Reader.batches, whose topic is not there': options =>
    new Reader({ ...here, topic: 'nowhere' }).batches(options).next(),
  'Reader.readLag, whose topic is not there': options => new Reader({ ...here, topic: 'nowhere' }).readLag(options),
  'Reader.setOffsetAt, whose topic is not there': options =>
    new Reader({ ...here, topic: 'nowhere' }).setOffsetAt(0, options),
  'ConsumerGroup.next, whose group refuses': options =>
    new ConsumerGroup({ id: 'refused', topics: ['t'], brokers, transport, logger: null }).next(options),
  'Client.metadata, whose brokers are away': options =>
    new Client({ addr: brokers, transport: nowhere(), timeout: 300 }).metadata({}, options),
  'Transport.roundTrip, whose brokers are away': options =>
    nowhere().roundTrip(brokers, Metadata, { topics: null }, { timeoutMs: 300, ...options }),
}
const cases = Object.entries(calls).flatMap(([name, call]) => [
  [name, 'without a signal', call, undefined] as const,
  [name, 'with a signal', call, { signal: new AbortController().signal }] as const,
])

test.concurrent.each(cases)('%s, %s: the stack leads to the line that waits', async (_name, _how, call, options) => {
  async function theUsersOwnFunction(): Promise<void> {
    await call(options)
  }
  const error: Error = await theUsersOwnFunction().then(
    () => expect.unreachable(),
    error => error,
  )
  expect(error.stack).toMatch(/at (async )?theUsersOwnFunction .*call-site\.test\.ts/)
})

test('a loop over messages and a commit name the lines of theirs', async () => {
  await using writer = new Writer({ addr: brokers, topic: 't', transport })
  await writer.writeMessages({ value: 'x' })
  async function loop(): Promise<void> {
    for await (const _ of new Reader({ ...here, topic: 'nowhere' })) expect.unreachable()
  }
  expect((await loop().catch(error => error)).stack).toMatch(/at (async )?loop .*call-site\.test\.ts/)
  await using reader = new Reader({ ...here, topic: 't', groupId: 'committing' })
  const message = await reader.fetchMessage()
  broker.control(OffsetCommit, ({ topics }: Anything) => ({
    topics: topics.map((topic: Anything) => ({
      ...topic,
      partitions: topic.partitions.map(({ partitionIndex }: Anything) => ({
        partitionIndex,
        errorCode: ErrorCode.GroupAuthorizationFailed,
      })),
    })),
  }))
  async function commit(): Promise<void> {
    await reader.commitMessages(message, { signal: new AbortController().signal })
  }
  expect((await commit().catch(error => error)).stack).toMatch(/at (async )?commit .*call-site\.test\.ts/)
})

test('who waits is named once, however long the way was', async () => {
  async function once(): Promise<unknown> {
    return await new Client({ addr: brokers, transport: nowhere(), timeout: 300 }).metadata()
  }
  const error = (await once().catch(error => error)) as Error
  expect(error.stack!.match(/ once /g)).toHaveLength(1)
})
