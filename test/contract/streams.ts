import type { Message } from '../../src/records/message.ts'
import type { MessageInput } from '../../src/records/message-input.ts'
import { run } from '../../src/running/run.ts'
import { readableStream } from '../../src/streams/readable.ts'
import { writableStream } from '../../src/streams/writable.ts'
import { Writer } from '../../src/writer/writer.ts'
import { fixtureTest } from '../support/reading-fixture.ts'
import type { Suite } from './harness.ts'

/** Readers and Writers as web streams, and messages handled several at a time. */
export const suite: Suite = contract => {
  const { assert, cluster } = contract
  const test = fixtureTest(contract)

  test('what a Reader reads is piped into a Writer, in order and all of it', async (fixture, t) => {
    const copy = t.unique('copy')
    await fixture.createTopic(copy, 1)
    await fixture.fill(500)
    const reader = fixture.reader()
    const { transport } = fixture
    const writer = fixture.keep(new Writer({ addr: cluster.brokers, topic: copy, transport }))
    let passed = 0
    const halves = new TransformStream<Message, MessageInput>({
      transform(message, controller) {
        controller.enqueue({ key: message.text(), value: message.value })
        if (++passed === 500) controller.terminate()
      },
    })
    await readableStream(reader).pipeThrough(halves).pipeTo(writableStream(writer))
    const copied = readableStream(fixture.reader({ topic: copy })).getReader()
    for (let i = 0; i < 500; i++) {
      const { value } = await copied.read()
      assert.deepEqual([value!.keyText(), value!.text()], [`${i}`, `${i}`])
    }
    await copied.cancel()
  })

  test('a stream that is cancelled takes no message with it; the reader goes on, and its close ends the next', async fixture => {
    await fixture.fill(3)
    const reader = fixture.reader()
    const first = readableStream(reader).getReader()
    assert.equal((await first.read()).value!.text(), '0')
    await first.cancel()
    assert.equal((await reader.fetchMessage()).text(), '1')
    const second = readableStream(reader).getReader()
    assert.equal((await second.read()).value!.text(), '2')
    const last = second.read()
    await reader.close()
    assert.equal((await last).done, true)
  })

  test('a pipe that is aborted rejects with the reason, and leaves both ends open', async (fixture, t) => {
    await fixture.fill(10)
    const copy = t.unique('copy')
    await fixture.createTopic(copy, 1)
    const reader = fixture.reader()
    const { transport } = fixture
    const writer = fixture.keep(new Writer({ addr: cluster.brokers, topic: copy, transport }))
    const cancel = new AbortController()
    let passed = 0
    const values = new TransformStream<Message, MessageInput>({
      transform({ value }, controller) {
        controller.enqueue({ value })
        if (++passed === 10) cancel.abort()
      },
    })
    const { signal } = cancel
    const piped = readableStream(reader).pipeThrough(values).pipeTo(writableStream(writer), { signal })
    const error = await piped.catch((error: unknown) => error)
    assert.equal(error, signal.reason)
    await writer.writeMessages({ value: 'still open' })
    await fixture.fill(1)
    assert.equal((await reader.fetchMessage({ signal: t.signal })).text(), '0')
  })

  test('a stream fails with what a write is refused with', async (fixture, t) => {
    const { transport } = fixture
    const missing = t.unique('missing')
    const writer = fixture.keep(
      new Writer({ addr: cluster.brokers, topic: missing, transport, deliveryTimeout: 5_000, maxAttempts: 2 }),
    )
    const giver = writableStream(writer).getWriter()
    giver.closed.catch(() => {})
    await giver.write({ value: 'x' }).catch(() => {})
    await assert.rejects(giver.close())
  })

  test(
    'messages are handled several at a time, in order within each partition, and committed',
    async (fixture, { signal }) => {
      await fixture.fill(60)
      const stop = new AbortController()
      const busy = new Set<number>()
      const last = new Map<number, number>()
      let [most, count] = [0, 0]
      const done = await run(
        fixture.member(),
        async ({ partition, offset }) => {
          assert.ok(!busy.has(partition), 'two of a partition at once')
          busy.add(partition)
          most = Math.max(most, busy.size)
          await new Promise<void>(resolve => setTimeout(resolve, 5))
          assert.equal(offset, (last.get(partition) ?? -1) + 1)
          last.set(partition, offset)
          busy.delete(partition)
          if (++count === 60) stop.abort()
          signal.throwIfAborted()
        },
        { concurrency: 3, signal: stop.signal },
      )
      assert.equal(done.handled, 60)
      assert.equal(most, 3)
      assert.deepEqual(await fixture.committed(), { 0: 20, 1: 20, 2: 20 })
    },
    { partitions: 3 },
  )
}
