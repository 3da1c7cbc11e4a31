import { describe, expect, test } from 'vitest'
import { RoundRobin } from '../../src/balancer/round-robin.ts'
import { deferred } from '../../src/base/deferred.ts'
import { ClosedError } from '../../src/base/errors.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { Embedded, numbered, topic, values } from './embedded.ts'

/** Holds up every produce request until released. */
function gate(kafka: Embedded): { arrived: Promise<void>; open(): void } {
  const arrived = deferred<void>()
  const opened = deferred<void>()
  kafka.onProduce(async () => {
    arrived.resolve()
    await opened.promise
    return undefined
  })
  return { arrived: arrived.promise, open: opened.resolve }
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

describe('gathering', () => {
  test('what is written in one turn rides in one batch', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open()
    await writer.writeMessages({ value: 'first' })
    await Promise.all([
      writer.writeMessages(values(3)),
      writer.writeMessages({ value: '3' }),
      writer.writeMessage({ value: '4' }),
    ])
    expect(kafka.sent.map(({ batch }) => batch.count)).toEqual([1, 5])
    expect(await kafka.texts()).toEqual(['first', ...numbered(5)])
  })

  test('with two requests under way messages gather until one is answered', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({ batchTimeout: 60_000 })
    await writer.writeMessages({ value: 'first' })
    const { arrived, open } = gate(kafka)
    const writing: Promise<void>[] = []
    for (let i = 0; i < 20; i++) {
      writing.push(writer.writeMessages({ value: String(i) }))
      await turn()
      if (i === 0) await arrived
    }
    open()
    await Promise.all(writing)
    expect(kafka.sent.map(({ batch }) => batch.count)).toEqual([1, 1, 1, 18])
    expect(await kafka.texts()).toEqual(['first', ...numbered(20)])
  })

  test('no longer than batchTimeout, though the broker is busy', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({ batchTimeout: 5 })
    await writer.writeMessages({ value: 'first' })
    const { arrived, open } = gate(kafka)
    const writing = [writer.writeMessages({ value: 'a' })]
    await arrived
    writing.push(writer.writeMessages({ value: 'b' }))
    await turn()
    // Gathers, for 5 ms: well before the next one.
    writing.push(writer.writeMessages({ value: 'c' }))
    await new Promise(resolve => setTimeout(resolve, 20))
    writing.push(writer.writeMessages({ value: 'd' }))
    await turn()
    open()
    await Promise.all(writing)
    expect(kafka.sent.map(({ batch }) => batch.count)).toEqual([1, 1, 1, 1, 1])
  })

  test('several partitions ride in one request', async () => {
    await using kafka = new Embedded({ partitions: 6 })
    const writer = kafka.open({ balancer: new RoundRobin() })
    await writer.writeMessages(values(60))
    expect(kafka.sent.length).toBe(6)
    expect(writer.stats().writes).toBe(1)
  })

  test('close() does not wait for batchTimeout', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({ batchTimeout: 60_000 })
    await writer.writeMessages({ value: 'first' })
    const { arrived, open } = gate(kafka)
    const writing = [writer.writeMessages({ value: 'a' })]
    await arrived
    for (const value of ['b', 'c']) {
      writing.push(writer.writeMessages({ value }))
      await turn()
    }
    const closing = writer.close()
    open()
    await Promise.all([...writing, closing])
    expect(await kafka.texts()).toEqual(['first', 'a', 'b', 'c'])
  })
})

describe('waiting for the topic', () => {
  /** Holds up the first metadata request that asks for the topic. */
  function holdMetadata(kafka: Embedded): { asked: Promise<void>; release(): void } {
    const asked = deferred<void>()
    const released = deferred<void>()
    kafka.broker.control(Metadata, async ({ topics }) => {
      if (!topics?.some(({ name }) => name === topic)) return undefined
      asked.resolve()
      await released.promise
      return undefined
    })
    return { asked: asked.promise, release: released.resolve }
  }

  test('calls that come meanwhile keep behind it', async () => {
    await using kafka = new Embedded()
    const { asked, release } = holdMetadata(kafka)
    const writer = kafka.open()
    const writing: Promise<unknown>[] = [writer.writeMessages(values(3))]
    await asked
    writing.push(
      writer.writeMessages({ value: '3' }),
      writer.writeMessage({ value: '4' }),
      writer.writeMessages(values(2, 5)),
    )
    release()
    await Promise.all(writing)
    expect(await kafka.texts()).toEqual(numbered(7))
  })

  test('an aborted call is not written, and those around it keep their order', async () => {
    await using kafka = new Embedded()
    const { asked, release } = holdMetadata(kafka)
    const writer = kafka.open()
    const controller = new AbortController()
    const first = writer.writeMessages({ value: '0' })
    const aborted = writer.writeMessages({ value: 'never' }, { signal: controller.signal }).catch(e => e)
    const last = writer.writeMessages({ value: '1' })
    await asked
    controller.abort(new Error('enough'))
    expect((await aborted).message).toBe('enough')
    release()
    await Promise.all([first, last])
    expect(await kafka.texts()).toEqual(numbered(2))
  })

  test('a call made just when the topic is known keeps behind one that waited for it', async () => {
    await using kafka = new Embedded()
    const known = kafka.transport.cluster(kafka.broker.addresses).topic(topic)
    const writer = kafka.open()
    const second = known.then(() => writer.writeMessages({ value: '1' }))
    await Promise.all([writer.writeMessages({ value: '0' }), second])
    expect(await kafka.texts()).toEqual(numbered(2))
  })

  test('behind an aborted call that waited for a long one, calls still keep behind the long one', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({ maxBufferedBytes: 10_000, batchBytes: 2_000 })
    await writer.writeMessages({ value: 'first' })
    const { arrived, open } = gate(kafka)
    const controller = new AbortController()
    const long = writer.writeMessages(Array.from({ length: 60 }, () => ({ value: 'x'.repeat(500) })))
    await arrived
    const aborted = writer.writeMessages({ value: 'never' }, { signal: controller.signal }).catch(e => e)
    const last = writer.writeMessages({ value: 'last' })
    controller.abort(new Error('enough'))
    await aborted
    open()
    await Promise.all([long, last])
    const texts = await kafka.texts()
    expect(texts.length).toBe(62)
    expect(texts.at(-1)).toBe('last')
  })

  test('close() waits for the calls made before it', async () => {
    await using kafka = new Embedded()
    const { asked, release } = holdMetadata(kafka)
    const writer = kafka.open()
    const writing = writer.writeMessages({ value: '0' })
    await asked
    const closing = writer.close()
    await expect(writer.writeMessages({ value: 'late' })).rejects.toBeInstanceOf(ClosedError)
    release()
    await Promise.all([writing, closing])
    expect(await kafka.texts()).toEqual(numbered(1))
  })

  test('close() with an aborted signal does not wait for them', async () => {
    await using kafka = new Embedded()
    const { asked, release } = holdMetadata(kafka)
    const writer = kafka.open()
    const writing = writer.writeMessages({ value: '0' }).catch(e => e)
    await asked
    await writer.close({ signal: AbortSignal.abort() })
    expect(await writing).toBeInstanceOf(ClosedError)
    release()
  })

  test('a message that is taken in while close() gives up is not stranded', async () => {
    await using kafka = new Embedded()
    let closing: Promise<void> | undefined
    const writer = kafka.open({
      balancer: () => {
        closing ??= writer.close({ signal: AbortSignal.abort() })
        return 0
      },
    })
    await expect(writer.writeMessages({ value: '0' })).rejects.toBeInstanceOf(ClosedError)
    await closing
  })

  test('a topic without a leader is waited for', async () => {
    await using kafka = new Embedded({ brokers: 1 })
    const writer = kafka.open()
    await writer.writeMessages({ value: '0' })
    const stop = kafka.broker.control(Metadata, async (_request, { apply }) => {
      const answer = (await apply())!
      for (const { partitions } of answer.topics)
        for (const partition of partitions)
          Object.assign(partition, { leaderId: -1, errorCode: ErrorCode.LeaderNotAvailable })
      return answer
    })
    kafka.answerProduce(ErrorCode.NotLeaderForPartition)
    const writing = writer.writeMessages({ value: '1' })
    await expect.poll(() => kafka.events.filter(({ type }) => type === 'metadataRefresh').length).toBeGreaterThan(1)
    stop()
    await writing
    expect(await kafka.texts()).toEqual(numbered(2))
  })

  test('a topic without a leader is not waited for any more once the transport is closed', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open()
    kafka.broker.control(Metadata, async (_request, { apply }) => {
      const answer = (await apply())!
      for (const { partitions } of answer.topics)
        for (const partition of partitions) Object.assign(partition, { leaderId: -1 })
      return answer
    })
    const writing = writer.writeMessages({ value: '0' })
    await expect.poll(() => kafka.events.filter(({ type }) => type === 'metadataRefresh').length).toBeGreaterThan(1)
    await kafka.transport.close()
    await expect(writing).rejects.toMatchObject({ cause: expect.any(ClosedError) })
  })
})

describe('callbacks of the user', () => {
  test('a completion callback that throws is logged, and nothing else happens', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({
      completion() {
        throw new Error('broken callback')
      },
    })
    await writer.writeMessages(values(2))
    await writer.writeMessages(values(2, 2))
    expect(await kafka.texts()).toEqual(numbered(4))
    expect(kafka.logged.some(line => line.includes('broken callback'))).toBe(true)
  })

  test('the completion callback is told of failures, with offsets of -1', async () => {
    await using kafka = new Embedded()
    const told: unknown[] = []
    const writer = kafka.open({
      completion: (messages, error) =>
        told.push([messages.map(({ offset }) => offset), (error as { code?: number })?.code]),
    })
    kafka.answerProduce(ErrorCode.TopicAuthorizationFailed)
    await writer.writeMessages(values(2)).catch(() => {})
    expect(told).toEqual([[[-1, -1], ErrorCode.TopicAuthorizationFailed]])
  })

  test('failures of an async writer without a completion callback are logged', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({ async: true })
    kafka.answerProduce(ErrorCode.TopicAuthorizationFailed)
    await writer.writeMessages(values(2))
    await writer.close()
    expect(kafka.logged.some(line => line.includes('2 messages for orders/0 were not written'))).toBe(true)
  })

  test('an errorLogger has the errors, and the logger what is less', async () => {
    await using kafka = new Embedded()
    const lines: string[] = []
    const to = (name: string) => ({
      debug() {},
      info() {},
      warn: (line: string) => void lines.push(`${name} warns ${line}`),
      error: (line: string) => void lines.push(`${name} errs ${line}`),
    })
    const writer = kafka.open({ async: true, logger: to('logger'), errorLogger: to('errorLogger') })
    kafka.answerProduce(ErrorCode.TopicAuthorizationFailed)
    await writer.writeMessages(values(2))
    kafka.answerProduce(ErrorCode.MessageSizeTooLarge)
    await writer.writeMessages(values(2))
    await writer.close()
    expect(lines.sort()).toEqual([
      expect.stringMatching(/^errorLogger errs .*2 messages for orders\/0 were not written/),
      expect.stringMatching(/^logger warns .*split into 2/),
    ])
    expect(kafka.logged).toEqual([])
  })

  test('a balancer that throws fails the call, and nothing of it is written', async () => {
    await using kafka = new Embedded()
    const writer = kafka.open({
      balancer({ value }) {
        if (value === '1') throw new Error('broken balancer')
        return 0
      },
    })
    await expect(writer.writeMessages(values(3))).rejects.toThrow('broken balancer')
    await expect(writer.writeMessages({ value: '1' })).rejects.toThrow('broken balancer')
    await writer.writeMessages({ value: 'fine' })
    expect(await kafka.texts()).toEqual(['fine'])
  })
})
