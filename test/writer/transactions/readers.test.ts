import { expect, test } from 'vitest'
import { ConfigError } from '../../../src/base/errors.ts'
import { ErrorCode } from '../../../src/protocol/errors.ts'
import { OffsetCommit } from '../../../src/protocol/offset-commit.ts'
import type { ReaderConfig } from '../../../src/reader/config.ts'
import { Reader } from '../../../src/reader/reader.ts'
import { failure, protocols, Stage, topic, write } from './stage.ts'

test.each(protocols)(
  'a reader’s own commit that is tried again does not undo what a transaction committed since, by %s',
  async (_name, features) => {
    await using kafka = new Stage(features)
    const source = kafka.open({ transactionalId: 'source' })
    for (let i = 0; i < 3; i++) await write(source, `${i}`)
    const writer = kafka.open()
    const { transport, broker } = kafka
    const isolationLevel = 'read_committed'
    const reader = new Reader({ brokers: broker.addresses, topic, groupId: 'g', transport, isolationLevel })
    // What it passed (markers) it commits by itself; the coordinator just moved and is not ready.
    kafka.answer(OffsetCommit, 3, request => ({
      topics: request.topics.map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: ErrorCode.GroupLoadInProgress,
        })),
      })),
    }))
    const first = await reader.fetchMessage()
    await writer.transaction(tx => tx.sendOffsets(reader, [first]))
    const second = await reader.fetchMessage()
    await kafka.clock.sleep(150)
    await writer.transaction(tx => tx.sendOffsets(reader, [second]))
    expect(await kafka.offset('g')).toBe(second.offset + 1)
    const seen: number[] = []
    for (let i = 0; i < 50; i++) {
      await kafka.clock.sleep(100)
      seen.push(await kafka.offset('g'))
    }
    expect(Math.min(...seen)).toBe(second.offset + 1)
    await reader.close()
  },
)

const member = ({ transport, broker }: Stage, config: Partial<ReaderConfig> = {}): Reader =>
  new Reader({ brokers: broker.addresses, topic, groupId: 'g', transport, ...config })

test.each([0, 50])(
  'commitMessages of a reader whose offsets transactions commit is refused, with a commitInterval of %i',
  async commitInterval => {
    await using kafka = new Stage({ 'transaction.version': 2 })
    const writer = kafka.open()
    for (let i = 0; i < 3; i++) await write(writer, `${i}`)
    const reader = member(kafka, { commitInterval })
    const [first, second] = [await reader.fetchMessage(), await reader.fetchMessage()]
    await writer.transaction(tx => tx.sendOffsets(reader, first))
    const refused = await failure(reader.commitMessages(second))
    expect(refused).toBeInstanceOf(ConfigError)
    expect(refused.message).toContain('sendOffsets')
    await kafka.clock.sleep(1_000)
    // Of the marker between them everyone is done.
    expect(await kafka.offset('g')).toBe(second.offset)
    await reader.close()
    expect(await kafka.offset('g')).toBe(second.offset)
  },
)

test.each([0, 50])(
  'what commitMessages took before the first transaction is committed before it, and stays though that is aborted, with a commitInterval of %i',
  async commitInterval => {
    await using kafka = new Stage({ 'transaction.version': 2 })
    const writer = kafka.open()
    for (let i = 0; i < 3; i++) await write(writer, `${i}`)
    const reader = member(kafka, { commitInterval })
    const [first, second] = [await reader.fetchMessage(), await reader.fetchMessage()]
    const committing = reader.commitMessages(first)
    const transaction = await writer.begin()
    await transaction.sendOffsets(reader, second)
    await committing
    expect(await kafka.offset('g')).toBe(second.offset)
    await transaction.abort()
    const again = await reader.fetchMessage()
    expect(again.offset).toBe(second.offset)
    await reader.close()
  },
)

test('a reader that commits by itself can’t have transactions commit, too', async () => {
  await using kafka = new Stage({ 'transaction.version': 2 })
  const writer = kafka.open()
  for (let i = 0; i < 3; i++) await write(writer, `${i}`)
  const reader = member(kafka)
  const read = await reader.readMessage()
  expect(await failure(writer.transaction(tx => tx.sendOffsets(reader, read)))).toBeInstanceOf(ConfigError)
  // What it is handed by fetchMessage it does not count as done with.
  const fetched = await reader.fetchMessage()
  await writer.transaction(tx => tx.sendOffsets(reader, fetched))
  expect(await kafka.offset('g')).toBe(fetched.offset + 1)
  await reader.close()
  const looping = member(kafka, { autoCommit: true })
  for await (const message of looping) {
    expect(await failure(writer.transaction(tx => tx.sendOffsets(looping, message)))).toBeInstanceOf(ConfigError)
    break
  }
  await looping.close()
})

test('a reader that joins while a transaction has the group’s offsets open waits until it ends, and no read fails', async () => {
  await using kafka = new Stage({ 'transaction.version': 2 })
  const writer = kafka.open({ transactionTimeout: 60_000 })
  for (let i = 0; i < 3; i++) await write(writer, `${i}`)
  const transaction = await writer.begin()
  await transaction.sendOffsets({ groupId: 'g' }, { [topic]: { 0: 2 } })
  const reader = member(kafka, { sessionTimeout: 6_000 })
  let settled = false
  const reading = reader.fetchMessage().finally(() => {
    settled = true
  })
  await kafka.clock.sleep(40_000)
  expect(settled).toBe(false)
  expect(kafka.logged.some(line => line.includes('Unstable Offset Commit'))).toBe(true)
  await transaction.commit()
  expect((await reading).text()).toBe('1')
  await reader.close()
})
