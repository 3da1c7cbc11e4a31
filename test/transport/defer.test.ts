import { afterEach, describe, expect, test, vi } from 'vitest'
import { natives } from '../../adapters/node/index.ts'
import { deferOf } from '../../src/transport/defer.ts'

afterEach(() => vi.unstubAllGlobals())

describe.each([
  ["the runtime's own", () => deferOf(natives)],
  ['a MessageChannel', () => deferOf({})],
  [
    'a timer where there is none',
    () => {
      vi.stubGlobal('MessageChannel', undefined)
      return deferOf({})
    },
  ],
])('the end of a turn by %s', (_, make) => {
  test('comes after the microtasks, once for each task, in order', async () => {
    const defer = make()
    const order: string[] = []
    const done = new Promise<void>(resolve => {
      defer(() => order.push('first'))
      defer(() => {
        order.push('second')
        defer(() => {
          order.push('next turn')
          resolve()
        })
        queueMicrotask(() => order.push('microtask of the second'))
      })
    })
    queueMicrotask(() => order.push('microtask'))
    await done
    expect(order[0]).toBe('microtask')
    expect(order.filter(step => step !== 'microtask of the second')).toEqual([
      'microtask',
      'first',
      'second',
      'next turn',
    ])
    expect(order.indexOf('microtask of the second')).toBeLessThan(order.indexOf('next turn'))
  })
})

test('a MessageChannel is closed when nothing waits, so that the program can end', async () => {
  const open = new Set<object>()
  const Real = MessageChannel
  vi.stubGlobal(
    'MessageChannel',
    class {
      constructor() {
        const channel = new Real()
        open.add(channel)
        const close = channel.port1.close.bind(channel.port1)
        channel.port1.close = () => {
          open.delete(channel)
          close()
        }
        // biome-ignore lint/correctness/noConstructorReturn: stands in for the real one
        return channel
      }
    },
  )
  const defer = deferOf({})
  for (let i = 0; i < 3; i++) {
    await new Promise<void>(resolve => defer(resolve))
    await new Promise(setImmediate)
    expect(open.size).toBe(0)
  }
})
