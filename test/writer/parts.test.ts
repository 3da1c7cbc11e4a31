import { describe, expect, test } from 'vitest'
import type { Clock } from '../../src/base/clock.ts'
import { ConfigError } from '../../src/base/errors.ts'
import { Codecs } from '../../src/compression/codecs.ts'
import { RequiredAcks } from '../../src/protocol/acks.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import { timestampOf } from '../../src/records/message-input.ts'
import { scanBatches } from '../../src/records/record-batch.ts'
import { RecordCursor } from '../../src/records/record-cursor.ts'
import { Batch } from '../../src/writer/batch.ts'
import { BufferMemory } from '../../src/writer/buffer-memory.ts'
import type { WriterConfig } from '../../src/writer/config.ts'
import { WriteErrors } from '../../src/writer/errors.ts'
import { messageSize } from '../../src/writer/message-size.ts'
import { ListWrite } from '../../src/writer/pending-write.ts'
import { settingsOf } from '../../src/writer/settings.ts'
import { splitBatch } from '../../src/writer/split.ts'
import { WakeTimer } from '../../src/writer/wake-timer.ts'
import { Writer } from '../../src/writer/writer.ts'

/** A clock that stands still until told. */
class HandClock implements Clock {
  private time = 0
  readonly timers = new Set<{ at: number; task: () => void }>()
  now = (): number => this.time
  monotonic = (): number => this.time
  after(milliseconds: number, task: () => void): () => void {
    const timer = { at: this.time + milliseconds, task }
    this.timers.add(timer)
    return () => this.timers.delete(timer)
  }
  pass(milliseconds: number): void {
    this.time += milliseconds
    for (const timer of [...this.timers].sort((a, b) => a.at - b.at)) {
      if (timer.at <= this.time && this.timers.delete(timer)) timer.task()
    }
  }
}

describe('BufferMemory', () => {
  test('an empty one takes even what is larger than all of it', () => {
    const memory = new BufferMemory(100)
    expect(memory.has(1000)).toBe(true)
    expect(memory.hasForAll(1000)).toBe(false)
  })

  test('has room for what is let go of', () => {
    const memory = new BufferMemory(100)
    memory.taken = 90
    expect([memory.has(10), memory.has(11)]).toEqual([true, false])
    memory.release(50)
    expect([memory.has(60), memory.has(61)]).toEqual([true, false])
  })
})

describe('WakeTimer', () => {
  test('rings once at the earliest moment asked for', () => {
    const clock = new HandClock()
    let rung = 0
    const alarm = new WakeTimer(clock, () => rung++)
    alarm.set(50, 0)
    alarm.set(20, 0)
    alarm.set(30, 0)
    clock.pass(19)
    expect(rung).toBe(0)
    clock.pass(1)
    expect(rung).toBe(1)
    clock.pass(100)
    expect(rung).toBe(1)
    alarm.set(200, 120)
    alarm.clear()
    clock.pass(1000)
    expect(rung).toBe(1)
    expect(clock.timers.size).toBe(0)
  })
})

describe('a batch that is split', () => {
  test('keeps keys, values, headers and times, null and empty apart', () => {
    const batch = new Batch('t', 0, new BatchBuilder(), 0, 0)
    const rows = [
      [null, null, [], 5],
      [
        '',
        '',
        [
          { key: 'h', value: null },
          { key: '', value: '' },
        ],
        3,
      ],
      ['k', 'x'.repeat(300), [{ key: 'ü', value: 'v' }], 9],
      ['k', 'last', [], 1_700_000_000_000],
    ] as const
    for (const [key, value, headers, timestamp] of rows) batch.builder.append(key, value, headers, timestamp)
    const parts = splitBatch(batch, () => new BatchBuilder())!
    expect(parts.length).toBeGreaterThan(1)
    const read: unknown[] = []
    for (const part of parts) {
      const [records] = scanBatches(part.finish([], undefined).slice())
      records!.verify()
      const cursor = new RecordCursor().reset(records!, new Codecs())
      const text = (bytes: Uint8Array | null): string | null => bytes && new TextDecoder().decode(bytes)
      while (cursor.next()) {
        read.push([
          text(cursor.key),
          text(cursor.value),
          cursor.headers.map(({ key, value }) => ({ key, value: text(value) })),
          cursor.timestamp,
        ])
      }
    }
    expect(read).toEqual(rows)
  })

  test('of one record is not', () => {
    const batch = new Batch('t', 0, new BatchBuilder(), 0, 0)
    batch.builder.append(null, 'x', null, 0)
    expect(splitBatch(batch, () => new BatchBuilder())).toBe(null)
  })

  test('tells each caller of its own messages', async () => {
    const batch = new Batch('t', 0, new BatchBuilder(), 0, 0)
    const calls = [new ListWrite(3), new ListWrite(5)] as const
    const add = (call: ListWrite, index: number, size: number): void => {
      batch.builder.append(null, 'x'.repeat(size), null, 0)
      batch.claim(call, index)
    }
    for (let i = 0; i < 3; i++) add(calls[0], i, 100)
    for (let i = 0; i < 5; i++) add(calls[1], i, 100)
    batch.builder.append(null, 'shared', null, 0)
    const shared = batch.share()
    for (const call of calls) call.done()
    const parts = splitBatch(batch, () => new BatchBuilder())!
    expect(parts.map(({ count }) => count)).toEqual([4, 5])
    parts[0]!.tell(null)
    await calls[0].promise
    parts[1]!.tell(new Error('refused'))
    const error: WriteErrors = await calls[1].promise.catch(e => e)
    expect(error.errors.map(e => e?.message ?? null)).toEqual([null, 'refused', 'refused', 'refused', 'refused'])
    await expect(shared).rejects.toBeInstanceOf(WriteErrors)
  })
})

describe('WriteErrors', () => {
  test('counts failures and names the first', () => {
    const error = new WriteErrors([null, new Error('first'), null, new Error('second')])
    expect(error.count()).toBe(2)
    expect(error.message).toContain('2 of 4 messages failed')
    expect(error.message).toContain('first')
    expect(error.cause).toBe(error.errors[1])
  })
})

describe('a message', () => {
  test('has a size of 22 bytes, its key, its value and its headers, in UTF-8', () => {
    expect(messageSize({})).toBe(22)
    expect(
      messageSize({
        key: 'é',
        value: new Uint8Array(5),
        headers: [
          { key: 'h', value: '日' },
          { key: 'n', value: null },
        ],
      }),
    ).toBe(22 + 2 + 5 + 1 + 3 + 1)
  })

  test('has its own time, or that of the write', () => {
    expect(timestampOf({}, 42)).toBe(42)
    expect(timestampOf({ timestamp: -1 }, 42)).toBe(42)
    expect(timestampOf({ timestamp: 7, time: new Date(8) }, 42)).toBe(7)
    expect(timestampOf({ time: new Date(8) }, 42)).toBe(8)
    expect(() => timestampOf({ timestamp: -2 }, 42)).toThrow(ConfigError)
  })
})

describe('settings', () => {
  test.each<[string, Partial<WriterConfig>]>([
    ['no address', { addr: undefined as never }],
    ['a negative number', { batchSize: -1 }],
    ['not a number', { deliveryTimeout: Number.NaN }],
    ['idempotence without all acks', { idempotent: true, requiredAcks: RequiredAcks.One }],
    ['unknown acks', { requiredAcks: 2 as never }],
    ['an unknown codec', { compression: 9 as never }],
    ['less room than a batch takes', { maxBufferedBytes: 1000 }],
    ['an address that can’t be', { addr: 'http://localhost' }],
    ['a topic that is no string', { topic: 7 as never }],
  ])('%s is a ConfigError', (_, config) => {
    expect(() => new Writer({ addr: 'localhost', ...config })).toThrow(ConfigError)
  })

  test('are safe by default; 0 asks for a default', () => {
    const settings = settingsOf({ addr: 'x', maxAttempts: 0 })
    expect(settings).toMatchObject({
      requiredAcks: RequiredAcks.All,
      idempotent: true,
      async: false,
      maxAttempts: 10,
      deliveryTimeout: 120_000,
    })
    expect(settingsOf({ addr: 'x', requiredAcks: RequiredAcks.None }).idempotent).toBe(false)
  })
})
