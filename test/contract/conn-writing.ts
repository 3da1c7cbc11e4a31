import {
  Compression,
  type CompressionCodec,
  ConfigError,
  ErrorCode,
  KafkaError,
  RequiredAcks,
  TimeoutError,
} from '../../src/index.ts'
import { connTest } from '../support/conn-fixture.ts'
import type { Assert } from './assert.ts'
import type { Suite } from './harness.ts'

/** How a Conn writes. */
export const suite: Suite = contract => {
  const assert: Assert = contract.assert
  const test = connTest(contract)

  test('a message is written, and its length told', async fixture => {
    const conn = await fixture.leader()
    assert.equal(await conn.write('hällo'), 6)
    assert.equal(await conn.write(Uint8Array.of(1, 2, 3)), 3)
    assert.equal(await conn.writeMessages([{ key: 'k', value: 'vv' }, { value: null }]), 3)
    assert.equal(await conn.writeMessages([]), 0)
    assert.equal(await conn.readLastOffset(), 4)
  })

  test('a batch tells where it went, in any compression', async fixture => {
    const conn = await fixture.leader()
    const { partition } = fixture
    const first = await conn.writeCompressedMessagesAt(null, [{ value: 'a' }, { value: 'b' }])
    assert.deepEqual(first, { nbytes: 2, partition, offset: 0, appendTime: null })
    const second = await conn.writeCompressedMessagesAt('zstd', { value: 'ccc' })
    assert.deepEqual(second, { nbytes: 3, partition, offset: 2, appendTime: null })
    assert.equal((await conn.writeCompressedMessagesAt(Compression.Gzip, [])).offset, -1)
  })

  test('a codec of its own compresses', async fixture => {
    const conn = await fixture.leader()
    let calls = 0
    // A frame of lz4 without compression: magic, descriptor, one stored block, end.
    const stored: CompressionCodec = {
      code: Compression.Lz4,
      name: 'lz4',
      compress(bytes) {
        calls++
        const frame = new Uint8Array(7 + 4 + bytes.length + 4)
        const view = new DataView(frame.buffer)
        frame.set([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82])
        view.setUint32(7, (0x80000000 | bytes.length) >>> 0, true)
        frame.set(bytes, 11)
        return frame
      },
      decompress: bytes => bytes,
    }
    await conn.writeCompressedMessages(stored, { value: 'mine' })
    assert.equal(calls, 1)
    assert.equal((await conn.readMessage()).text(), 'mine')
  })

  test(
    'a topic that stamps messages itself says when',
    async fixture => {
      const conn = await fixture.leader()
      const { appendTime } = await conn.writeCompressedMessagesAt(null, { value: 'x', timestamp: 1000 })
      assert.ok(appendTime !== null && Math.abs(Date.now() - appendTime.getTime()) < 60_000)
      assert.deepEqual((await conn.readMessage()).time, appendTime)
    },
    { configs: { 'message.timestamp.type': 'LogAppendTime' } },
  )

  test('a message for another topic or partition is refused, and with it the whole batch', async fixture => {
    const conn = await fixture.leader()
    const { topic } = fixture
    await assert.rejects(conn.writeMessages([{ value: 'a' }, { value: 'b', topic: 'other' }]), ConfigError)
    await assert.rejects(conn.writeMessages({ value: 'b', partition: 0 }), ConfigError)
    assert.equal(await conn.readLastOffset(), 0)
    await conn.writeMessages([{ value: 'a', topic, partition: 1 }])
    // Of one that was read its partition says where from.
    const copy = await conn.readMessage()
    const other = await fixture.leader(0)
    await other.writeMessages(copy)
    assert.equal((await other.readMessage()).text(), 'a')
  })

  test('acks are all or one; none is refused', async fixture => {
    const conn = await fixture.leader()
    for (const acks of [RequiredAcks.One, -1, 'one', 'all'] as const) {
      conn.setRequiredAcks(acks)
      await conn.write('x')
    }
    let error: unknown
    try {
      conn.setRequiredAcks(RequiredAcks.None)
    } catch (thrown) {
      error = thrown
    }
    assert.ok(error instanceof KafkaError && error.code === ErrorCode.InvalidRequiredAcks)
  })

  test('a write deadline that has passed sends nothing', async fixture => {
    const conn = await fixture.leader()
    conn.setWriteDeadline(Date.now() - 1)
    const error = await assert.rejects(conn.write('late'), TimeoutError)
    assert.equal(error.sent, false)
    assert.equal(await conn.readLastOffset(), 0)
    conn.setWriteDeadline(null)
    await conn.write('in time')
    assert.equal(await conn.readLastOffset(), 1)
  })

  test('what a broker refuses is its error, and the connection serves on', async fixture => {
    const conn = await fixture.leader()
    const tooLarge = await assert.rejects(conn.write(new Uint8Array(3_000_000)), KafkaError)
    assert.ok(
      [ErrorCode.MessageSizeTooLarge, ErrorCode.RecordListTooLarge].includes(tooLarge.code as 10),
      `${tooLarge}`,
    )
    await conn.write('small')
    assert.equal((await conn.readMessage()).text(), 'small')
  })

  test('a connection for no topic writes and reads none', async fixture => {
    const conn = fixture.keep(await fixture.dialer.dial('tcp', fixture.address))
    await assert.rejects(conn.write('x'), ConfigError)
    await assert.rejects(conn.readMessage(), ConfigError)
    await assert.rejects(conn.readBatch(), ConfigError)
    await assert.rejects(conn.readOffsets(), ConfigError)
  })
}
