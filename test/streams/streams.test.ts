import { describe, expect, test } from 'vitest'
import { deferred } from '../../src/base/deferred.ts'
import {
  ClosedError,
  ConfigError,
  FirstOffset,
  type Message,
  type MessageInput,
  readableStream,
  writableStream,
} from '../../src/index.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { open } from '../broker/open.ts'
import { nothing, until } from '../support/waiting.ts'

// What every runtime does with them test/contract/streams.ts shows.

const forever = AbortSignal.timeout(60_000)
const from = { startOffset: FirstOffset }

async function filled(count: number) {
  const kafka = open({ topics: [{ name: 't' }, { name: 'copy' }] })
  const messages = Array.from({ length: count }, (_, i) => ({ value: `${i}` }))
  if (count > 0) await kafka.writer({ topic: 't' }).writeMessages(messages)
  return kafka
}

/** Messages as they were, but for where they are from. */
function valuesAlone() {
  return new TransformStream<Message, MessageInput>({
    transform: ({ value }, controller) => controller.enqueue({ value }),
  })
}

describe('a Reader’s stream', () => {
  test('takes no message before it is asked for one, nor with it when it is cancelled', async () => {
    const { reader, writer } = await filled(3)
    const one = reader({ topic: 't', ...from })
    const stream = readableStream(one)
    const taker = stream.getReader()
    expect((await taker.read()).value!.text()).toBe('0')
    expect(one.stats().messages).toBe(1)
    await taker.cancel()
    expect((await one.fetchMessage()).text()).toBe('1')
    const another = readableStream(one).getReader()
    expect((await another.read()).value!.text()).toBe('2')
    const waiting = another.read()
    await nothing(waiting)
    await another.cancel()
    expect((await waiting).done).toBe(true)
    await writer({ topic: 't' }).writeMessages({ value: '3' })
    expect((await one.fetchMessage()).text()).toBe('3')
  })

  test('commits as a loop does where there is autoCommit', async () => {
    const { reader, client } = await filled(3)
    const member = reader({ topic: 't', groupId: 'g', autoCommit: true, ...from })
    const taker = readableStream(member).getReader()
    for (let i = 0; i < 3; i++) await taker.read()
    const committed = async () => (await client.consumerOffsets({ groupId: 'g', topic: 't' })).get(0)
    await expect.poll(committed).toBe(2)
  })

  test('fails with what a read rejects with; the reader goes on in another', async () => {
    const { reader } = await filled(1)
    const one = reader({ topic: 't', offsetOutOfRangeError: true, startOffset: FirstOffset })
    one.setOffset(9)
    const taker = readableStream(one).getReader()
    const error = await taker.read().catch((error: unknown) => error)
    expect(error).toMatchObject({ code: ErrorCode.OffsetOutOfRange })
    one.setOffset(0)
    expect((await readableStream(one).getReader().read()).value!.text()).toBe('0')
  })

  test('ends with its reader', async () => {
    const { reader } = await filled(0)
    const one = reader({ topic: 't' })
    const taker = readableStream(one).getReader()
    const waiting = taker.read()
    await nothing(waiting)
    await one.close()
    expect(await waiting).toEqual({ value: undefined, done: true })
    await taker.closed
  })
})

describe('a Writer’s stream', () => {
  test('has many messages under way, and closes when all are written', async () => {
    const { broker, writer, reader } = await filled(0)
    let requests = 0
    const gate = deferred<void>()
    broker.control(Produce, async () => {
      requests++
      await gate.promise
      return undefined
    })
    const giver = writableStream(writer({ topic: 't' })).getWriter()
    for (let i = 0; i < 1_000; i++) await giver.write({ value: `${i}` })
    await giver.write([{ value: '1000' }, { value: '1001' }])
    const closing = giver.close()
    await nothing(closing)
    gate.resolve()
    await closing
    expect(requests).toBeLessThan(100)
    const one = reader({ topic: 't', ...from })
    for (let i = 0; i < 1_002; i++) expect((await one.fetchMessage()).text()).toBe(`${i}`)
  })

  test('takes no more than it may, and no more is read for it', async () => {
    const { broker, writer, reader } = await filled(1_000)
    const gate = deferred<void>()
    broker.control(Produce, async () => {
      await gate.promise
      return undefined
    })
    const one = reader({ topic: 't', ...from })
    const copying = readableStream(one)
      .pipeThrough(valuesAlone())
      // 22 bytes each, and the value.
      .pipeTo(writableStream(writer({ topic: 'copy' }), { highWaterMark: 50 * 25 }))
    let taken = 0
    const settled = async (): Promise<boolean> => {
      const more = one.stats().messages
      taken += more
      return taken > 0 && more === 0
    }
    await until(forever, settled)
    await nothing(copying)
    expect(taken + one.stats().messages).toBeLessThan(60)
    gate.resolve()
    await until(forever, async () => {
      taken += one.stats().messages
      return taken === 1_000
    })
    await one.close()
    await copying
    const copy = reader({ topic: 'copy', ...from })
    for (let i = 0; i < 1_000; i++) expect((await copy.fetchMessage()).text()).toBe(`${i}`)
  })

  test('fails with the first error of a write, and cancels what is piped into it', async () => {
    const { broker, writer, reader } = await filled(100)
    const mend = broker.control(Produce, () => 'drop')
    const one = reader({ topic: 't', ...from })
    const failing = writer({ topic: 'copy', idempotent: false, maxAttempts: 1 })
    const source = readableStream(one).pipeThrough(valuesAlone())
    const error = await source.pipeTo(writableStream(failing)).catch((error: unknown) => error)
    expect(error).toMatchObject({ name: 'WriteErrors' })
    // Nothing holds the reader any more.
    mend()
    await writer({ topic: 't' }).writeMessages({ value: 'last' })
    await until(forever, async () => (await one.fetchMessage({ signal: forever })).text() === 'last')
  })

  test('fails when it is closed, if a write under way does', async () => {
    const { broker, writer } = await filled(0)
    const gate = deferred<void>()
    broker.control(Produce, async () => {
      await gate.promise
      return 'drop' as const
    })
    const giver = writableStream(writer({ topic: 't', idempotent: false, maxAttempts: 1 })).getWriter()
    giver.closed.catch(() => {})
    await giver.write({ value: 'x' })
    const closing = giver.close()
    gate.resolve()
    await expect(closing).rejects.toMatchObject({ name: 'WriteErrors' })
  })

  test('refuses what is no message, and anything once its writer is closed', async () => {
    const { writer } = await filled(0)
    for (const wrong of [null, 5, { topic: 't' }, { value: 5 }, [null]]) {
      const giver = writableStream(writer({ topic: 't' })).getWriter()
      giver.closed.catch(() => {})
      await giver.write(wrong as MessageInput).catch(() => {})
      await expect(giver.closed).rejects.toThrow(ConfigError)
    }
    const closed = writer({ topic: 't' })
    await closed.close()
    const giver = writableStream(closed).getWriter()
    await giver.write({ value: 'x' }).catch(() => {})
    await expect(giver.closed).rejects.toThrow(ClosedError)
  })

  test('aborted writes what was given all the same, and leaves its writer open', async () => {
    const { broker, writer, reader } = await filled(0)
    const gate = deferred<void>()
    broker.control(Produce, async () => {
      await gate.promise
      return undefined
    })
    const one = writer({ topic: 't' })
    const giver = writableStream(one).getWriter()
    giver.closed.catch(() => {})
    await giver.write({ value: 'given' })
    await giver.abort(new Error('enough'))
    gate.resolve()
    await one.writeMessages({ value: 'later' })
    const read = reader({ topic: 't', ...from })
    expect([(await read.fetchMessage()).text(), (await read.fetchMessage()).text()]).toEqual(['given', 'later'])
  })

  test.each([[{ highWaterMark: -1 }], [{ highWaterMark: 'a' }], [{ size: 1 }], [5]])('%o is refused', async options => {
    const { writer } = await filled(0)
    expect(() => writableStream(writer({}), options as never)).toThrow(ConfigError)
  })
})
