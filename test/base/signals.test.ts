import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { Deadline } from '../../src/base/deadline.ts'
import { abortable, linkSignals, onAbort, sleep } from '../../src/base/signals.ts'
import { ManualClock } from './manual-clock.ts'

describe('onAbort', () => {
  test('calls everyone once, with one listener on the signal, and none when nobody asks', () => {
    const { signal, abort } = controller()
    const called: number[] = []
    const forget = Array.from({ length: 50 }, (_, index) => onAbort(signal, () => called.push(index)))
    expect(getEventListeners(signal, 'abort').length).toBe(1)
    for (const index of [3, 3, 7]) forget[index]!()
    abort('now')
    expect(called).toEqual(Array.from({ length: 50 }, (_, index) => index).filter(index => index !== 3 && index !== 7))
    for (const each of forget) each()
    const again = controller()
    onAbort(again.signal, () => {})()
    expect(getEventListeners(again.signal, 'abort').length).toBe(0)
    onAbort(again.signal, () => called.push(99))
    again.abort('later')
    expect(called.at(-1)).toBe(99)
  })

  test('one task may take back another', () => {
    const { signal, abort } = controller()
    const called: string[] = []
    const tasks: (() => void)[] = []
    onAbort(signal, () => {
      called.push('first')
      tasks[0]!()
    })
    tasks.push(onAbort(signal, () => called.push('second')))
    abort('now')
    expect(called).toEqual(['first'])
  })

  test('the same function may be given twice', () => {
    const { signal, abort } = controller()
    let calls = 0
    const task = () => calls++
    onAbort(signal, task)
    onAbort(signal, task)()
    abort('now')
    expect(calls).toBe(1)
  })
})

describe('what waits leaves no listener behind:', () => {
  test.each<[string, (signal: AbortSignal, clock: ManualClock) => Promise<unknown>]>([
    ['sleep', (signal, clock) => sleep(100, { signal, clock })],
    ['abortable', (signal, clock) => abortable(sleep(100, { clock }), signal)],
    [
      'Deadline.bound',
      (signal, clock) => new Deadline(200, clock).bound(sleep(100, { clock }), () => 'late', { signal }),
    ],
  ])('%s', async (_what, wait) => {
    const clock = new ManualClock()
    const done = controller()
    const waiting = wait(done.signal, clock)
    expect(getEventListeners(done.signal, 'abort').length).toBe(1)
    clock.advance(100)
    await waiting
    expect(getEventListeners(done.signal, 'abort').length).toBe(0)
    expect(clock.pending).toBe(0)

    const stopped = controller()
    const stopping = wait(stopped.signal, clock)
    stopped.abort('stop')
    await expect(stopping).rejects.toBe('stop')
    await expect(wait(stopped.signal, clock)).rejects.toBe('stop')
    clock.advance(100)
    expect(clock.pending).toBe(0)
  })

  test('linkSignals, once released', () => {
    const parents = [controller(), controller()]
    const link = linkSignals(parents[0]!.signal, undefined, parents[1]!.signal)
    link.release()
    for (const { signal, abort } of parents) {
      expect(getEventListeners(signal, 'abort').length).toBe(0)
      abort('too late')
    }
    expect(link.signal.aborted).toBe(false)
    const linked = linkSignals(controller().signal, parents[0]!.signal)
    expect(linked.signal.reason).toBe('too late')
  })
})

test('a deadline that passes rejects with what is given', async () => {
  const clock = new ManualClock()
  const bound = new Deadline(100, clock).bound(new Promise(() => {}), () => new Error('late'))
  clock.advance(100)
  await expect(bound).rejects.toThrow('late')
})

function controller(): { signal: AbortSignal; abort(reason: unknown): void } {
  const made = new AbortController()
  return { signal: made.signal, abort: reason => made.abort(reason) }
}
