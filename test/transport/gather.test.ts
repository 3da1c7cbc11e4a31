import { expect, test } from 'vitest'
import { type Deferred, deferred } from '../../src/base/deferred.ts'
import { Coalesce } from '../../src/transport/coalesce.ts'

/** A load that is answered by hand. */
function manual(): { gather: Coalesce<string>; loads: { names: readonly string[]; done: Deferred<string> }[] } {
  const loads: { names: readonly string[]; done: Deferred<string> }[] = []
  const gather = new Coalesce<string>(names => {
    const done = deferred<string>()
    loads.push({ names, done })
    return done.promise
  })
  return { gather, loads }
}
const turn = (): Promise<void> => new Promise(setImmediate)

test('what is asked in one turn is one load', async () => {
  const { gather, loads } = manual()
  const all = [gather.ask(['a']), gather.ask(['b', 'a']), gather.ask([])]
  await turn()
  expect(loads.map(({ names }) => names)).toEqual([['a', 'b']])
  loads[0]!.done.resolve('done')
  expect(await Promise.all(all)).toEqual(['done', 'done', 'done'])
})

test('what is asked while a load is under way waits for the next, unless that one will do', async () => {
  const { gather, loads } = manual()
  const first = gather.ask(['a', 'b'])
  await turn()
  const joined = gather.ask(['b'], { fresh: false })
  const fresh = gather.ask(['b'])
  const other = gather.ask(['c'], { fresh: false })
  await turn()
  expect(loads).toHaveLength(1)
  loads[0]!.done.resolve('one')
  expect(await Promise.all([first, joined])).toEqual(['one', 'one'])
  await turn()
  expect(loads.map(({ names }) => names)).toEqual([
    ['a', 'b'],
    ['b', 'c'],
  ])
  loads[1]!.done.resolve('two')
  expect(await Promise.all([fresh, other])).toEqual(['two', 'two'])
})

test('a failed load fails those who asked, and the next goes on', async () => {
  const { gather, loads } = manual()
  const first = gather.ask(['a'])
  await turn()
  const second = gather.ask(['a'])
  loads[0]!.done.reject(new Error('no'))
  await expect(first).rejects.toThrow('no')
  await turn()
  loads[1]!.done.resolve('yes')
  expect(await second).toBe('yes')
})
