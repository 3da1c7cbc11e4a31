import { describe, expect, test } from 'vitest'
import { KafkaJSNonRetriableError, KafkaJSNumberOfRetriesExceeded } from '../../../adapters/kafkajs/index.ts'
import { until } from '../../support/waiting.ts'
import { forever, next, numbered, Stage } from './fixture.ts'

interface Crash {
  error: Error & { cause?: Error; retryCount?: number }
  groupId: string
  restart: boolean
}

describe('a handler that throws', () => {
  test('is given the same message again, once what was done before is committed', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 3))
    const seen: string[] = []
    let committed: string | undefined
    await stage.reading(
      {},
      {
        eachMessage: async ({ message }) => {
          seen.push(message.offset)
          if (seen.length === 2) throw new Error('not yet')
          if (seen.length === 3) committed = (await stage.committed()).offset
        },
      },
    )
    await until(forever, () => seen.length === 4)
    expect(seen).toEqual(['0', '1', '1', '2'])
    expect(committed).toBe('1')
    const line = stage.lines.find(({ label }) => label === 'ERROR')!
    expect([line.namespace, line.log.message]).toEqual(['Runner', 'Error when calling eachMessage'])
    expect(line.log).toMatchObject({ topic: 't', partition: 0, offset: '1', error: expect.any(Error) })
  })

  test('is given it so many times, then the consumer crashes and starts again', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 1))
    const consumer = stage.consumer({ retry: { initialRetryTime: 5, retries: 2 } })
    await consumer.subscribe({ topic: 't', fromBeginning: true })
    let calls = 0
    const events: string[] = []
    for (const name of ['CONNECT', 'GROUP_JOIN', 'STOP', 'DISCONNECT', 'CRASH'] as const)
      consumer.on(consumer.events[name] as never, () => void events.push(name))
    const crash = next<Crash>(consumer, 'CRASH')
    await consumer.run({
      eachMessage: async () => {
        if (++calls <= 3) throw new Error(`no ${calls}`)
      },
    })
    const { error, restart, groupId } = await crash
    expect(error).toBeInstanceOf(KafkaJSNumberOfRetriesExceeded)
    expect({ message: error.message, retryCount: error.retryCount, cause: error.cause!.message }).toEqual({
      message: 'no 3',
      retryCount: 2,
      cause: 'no 3',
    })
    expect([restart, groupId]).toEqual([true, 'g'])
    await until(forever, async () => (await stage.committed()).offset === '1')
    expect(calls).toBe(4)
    expect(events).toEqual(['CONNECT', 'GROUP_JOIN', 'STOP', 'DISCONNECT', 'CRASH', 'CONNECT', 'GROUP_JOIN'])
    expect(stage.logged('ERROR')).toContain('[Consumer] Crash: KafkaJSNumberOfRetriesExceeded: no 3')
    expect(stage.logged('INFO')).toContain('[Consumer] Stopped')
  })

  test('of a mistake of the program stops the consumer for good', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 1))
    const consumer = stage.consumer()
    await consumer.subscribe({ topic: 't', fromBeginning: true })
    const crash = next<Crash>(consumer, 'CRASH')
    await consumer.run({ eachMessage: () => Promise.reject(new TypeError('x is not a function')) })
    const { error, restart } = await crash
    expect(error).toBeInstanceOf(KafkaJSNonRetriableError)
    expect([error.cause, restart]).toEqual([expect.any(TypeError), false])
    // It may be asked to run anew.
    await consumer.subscribe({ topic: 't', fromBeginning: true })
  })

  test.each([
    ['says no', async () => false, false],
    ['says yes', async () => true, true],
    ['fails itself', () => Promise.reject(new Error('asked too much')), true],
  ])('starts again as restartOnFailure has it, which %s', async (_, restartOnFailure, expected) => {
    await using stage = new Stage()
    await stage.write(numbered(0, 1))
    const consumer = stage.consumer({ retry: { initialRetryTime: 5, retries: 0, restartOnFailure } })
    await consumer.subscribe({ topic: 't', fromBeginning: true })
    const crash = next<Crash>(consumer, 'CRASH')
    let calls = 0
    await consumer.run({
      eachMessage: async () => {
        if (calls++ === 0) throw new Error('no')
      },
    })
    expect((await crash).restart).toBe(expected)
  })

  test('is counted anew once it has dealt with something', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 6))
    const consumer = stage.consumer({ retry: { initialRetryTime: 5, retries: 2 } })
    await consumer.subscribe({ topic: 't', fromBeginning: true })
    let crashed = false
    consumer.on(consumer.events.CRASH, () => {
      crashed = true
    })
    const failed = new Set<string>()
    const done: string[] = []
    await consumer.run({
      eachMessage: async ({ message: { offset } }) => {
        if (!failed.has(offset)) {
          failed.add(offset)
          throw new Error('the first time')
        }
        done.push(offset)
      },
    })
    await until(forever, () => done.length === 6)
    expect([done, crashed]).toEqual([['0', '1', '2', '3', '4', '5'], false])
  })
})

describe('stop', () => {
  test('waits for the handler, commits and leaves; run goes on from there', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 3))
    let release: () => void = () => {}
    const begun = new Promise<void>(resolve => {
      release = resolve
    })
    let finish: () => void = () => {}
    const finished = new Promise<void>(resolve => {
      finish = resolve
    })
    const { consumer } = await stage.reading(
      {},
      {
        eachMessage: async () => {
          release()
          await finished
        },
      },
    )
    await begun
    const stopped = consumer.stop()
    finish()
    await stopped
    expect((await stage.committed()).offset).toBe('1')
    const seen: string[] = []
    await consumer.run({ eachMessage: async ({ message }) => void seen.push(message.offset) })
    await until(forever, () => seen.length === 2)
    expect(seen).toEqual(['1', '2'])
  })

  test('does not wait for the next try of a handler that failed', async () => {
    await using stage = new Stage()
    await stage.write(numbered(0, 1))
    let failed: () => void = () => {}
    const failure = new Promise<void>(resolve => {
      failed = resolve
    })
    const { consumer } = await stage.reading(
      { retry: { initialRetryTime: 100_000, maxRetryTime: 100_000 } },
      {
        eachMessage: async () => {
          failed()
          throw new Error('no')
        },
      },
    )
    await failure
    await consumer.stop()
  })
})
