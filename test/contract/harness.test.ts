import { describe, expect, test } from 'vitest'
import { adapter, natives } from '../../adapters/none/index.ts'
import { AssertionError, assert } from './assert.ts'
import { collect, type Environment, run, type Suite } from './harness.ts'

const environment: Environment = {
  cluster: { brokers: ['127.0.0.1:9092'], kind: 'kafka', version: '4.4.0', nodes: 1 },
  adapter,
  natives,
}

describe('runner', () => {
  const suite: Suite = ({ test, assert }) => {
    test('passes', async t => assert.equal(new Set([t.unique('a'), t.unique('a')]).size, 2))
    test('fails', async () => assert.ok(false))
    test('hangs', t => new Promise((_, reject) => t.signal.addEventListener('abort', () => reject(t.signal.reason))), {
      timeoutMs: 5,
    })
    test('wants more', async () => assert.fail('must not run'), { needs: ['three-nodes'] })
  }

  test('counts what passed, failed and could not run, and goes on after a failure', async () => {
    const lines: string[] = []
    const results = await run({ room: suite }, environment, line => lines.push(line))
    expect(results).toMatchObject({ passed: 1, skipped: 1 })
    expect(results.failures.map(failure => failure.name)).toEqual(['room: fails', 'room: hangs'])
    expect(String(results.failures[1]?.error)).toContain('not done after 5 ms')
    expect(lines.at(-1)).toBe('1 passed, 2 failed, 1 skipped')
  })

  test('knows what a cluster has', () => {
    const missing = (nodes: number) =>
      collect({ room: suite }, { ...environment, cluster: { ...environment.cluster, nodes } }).at(-1)?.missing
    expect(missing(1)).toEqual(['three-nodes'])
    expect(missing(3)).toEqual([])
  })
})

describe('assert', () => {
  test('equal tells apart what Object.is does', () => {
    assert.equal(Number.NaN, Number.NaN)
    expect(() => assert.equal<unknown>(0, '0')).toThrow(AssertionError)
    expect(() => assert.equal(0, -0)).toThrow('expected')
  })

  test('deepEqual names the place that differs', () => {
    const value = { list: [1, { bytes: Uint8Array.of(1, 2), map: new Map([['a', null]]), at: new Date(5) }] }
    assert.deepEqual(value, structuredClone(value))
    expect(() => assert.deepEqual<unknown>({ a: { b: [1, 2] } }, { a: { b: [1, 3] } })).toThrow('.a.b.1')
    expect(() => assert.deepEqual<unknown>({ a: undefined }, {})).toThrow('root')
    expect(() => assert.deepEqual<unknown>(Uint8Array.of(1), [1])).toThrow(AssertionError)
    expect(() => assert.deepEqual(new Date(1), new Date(2))).toThrow(AssertionError)
    expect(() => assert.deepEqual(new Map([[1, 2]]), new Map([[1, 3]]))).toThrow(AssertionError)
  })

  test('rejects answers the error and refuses another kind, or none', async () => {
    const error = await assert.rejects(Promise.reject(new RangeError('far')), RangeError)
    assert.equal(error.message, 'far')
    await assert.rejects(Promise.reject(new Error('x')), found => found instanceof Error)
    await expect(assert.rejects(Promise.reject(new Error('x')), RangeError)).rejects.toThrow('another error')
    await expect(assert.rejects(Promise.reject(new Error('x')), () => false)).rejects.toThrow('another error')
    await expect(assert.rejects(Promise.resolve(5))).rejects.toThrow('answered 5')
  })
})
