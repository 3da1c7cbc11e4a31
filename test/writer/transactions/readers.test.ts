import { expect, test } from 'vitest'
import { ErrorCode } from '../../../src/protocol/errors.ts'
import { OffsetCommit } from '../../../src/protocol/offset-commit.ts'
import { Reader } from '../../../src/reader/reader.ts'
import { protocols, Stage, topic, write } from './stage.ts'

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
