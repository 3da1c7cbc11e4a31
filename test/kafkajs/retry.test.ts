import { describe, expect, test } from 'vitest'
import { createRetrier, retrySettings } from '../../adapters/kafkajs/retry.ts'
import type { Clock } from '../../src/base/clock.ts'

/** Waits for nothing, and notes what was to be waited for. */
function clockOf(chance: number): { clock: Clock; waits: number[] } {
  const waits: number[] = []
  return {
    waits,
    clock: {
      now: () => 0,
      monotonic: () => 0,
      random: () => chance,
      after(milliseconds, task) {
        waits.push(milliseconds)
        queueMicrotask(task)
        return () => {}
      },
    },
  }
}

const settings = { retries: 3, initialRetryTime: 100, factor: 0.2, multiplier: 2, maxRetryTime: 500 }

describe('a retrier', () => {
  test('tries once and `retries` times more, and waits longer each time, up to the longest', async () => {
    const { clock, waits } = clockOf(0.5)
    const fault = new Error('again')
    const counts: number[] = []
    const error = await createRetrier(
      { ...settings, retries: 4 },
      clock,
    )(async (_bail, count) => {
      counts.push(count)
      throw fault
    }).catch(thrown => thrown)
    expect(counts).toEqual([0, 1, 2, 3, 4])
    expect(waits).toEqual([100, 200, 400, 500])
    expect(error).toMatchObject({
      name: 'KafkaJSNumberOfRetriesExceeded',
      message: 'again',
      retryCount: 4,
      cause: fault,
    })
  })

  test('waits a fifth less or more, by chance', async () => {
    for (const [chance, first] of [
      [0, 80],
      [0.999999, 120],
    ] as const) {
      const { clock, waits } = clockOf(chance)
      await createRetrier(
        settings,
        clock,
      )(async (_bail, count) => {
        if (count === 0) throw new Error('again')
      })
      expect(waits).toEqual([first])
    }
  })

  test.each([
    Object.assign(new Error('no use'), { retriable: false }),
    new TypeError('a mistake'),
    new RangeError('a mistake'),
  ])('does not try again after %s', async fault => {
    const { clock, waits } = clockOf(0.5)
    const error = await createRetrier(
      settings,
      clock,
    )(async () => {
      throw fault
    }).catch(thrown => thrown)
    expect(error).toMatchObject({ name: 'KafkaJSNonRetriableError', message: fault.message, cause: fault })
    expect(waits).toEqual([])
  })

  test('ends with what it bails out with, as it is', async () => {
    const fault = new Error('enough')
    const trying = createRetrier(settings, clockOf(0.5).clock)(async bail => bail(fault))
    await expect(trying).rejects.toBe(fault)
  })

  test('has kafkajs’s settings, those of its tests in a test run, and what is given before them', () => {
    expect(process.env['NODE_ENV']).toBe('test')
    expect(retrySettings()).toEqual({
      maxRetryTime: 1000,
      initialRetryTime: 50,
      factor: 0.02,
      multiplier: 1.5,
      retries: 15,
    })
    process.env['NODE_ENV'] = 'production'
    try {
      const usual = { maxRetryTime: 30_000, initialRetryTime: 300, factor: 0.2, multiplier: 2, retries: 5 }
      expect(retrySettings()).toEqual(usual)
      expect(retrySettings({ retries: 9 })).toEqual({ ...usual, retries: 9 })
    } finally {
      process.env['NODE_ENV'] = 'test'
    }
  })
})
