import type { Plugin } from 'rollup'
import { expect, test } from 'vitest'
import { loadBare } from './load.mjs'

const load = (code: string) => {
  const virtual: Plugin = {
    name: 'virtual',
    resolveId: id => (id === './entry' ? id : null),
    load: id => (id === './entry' ? code : null),
  }
  return loadBare('./entry', [virtual])
}

test('a module that declares, and builds plain data, loads', async () => {
  await load(`
    import { gzipSync } from 'fflate'
    export class A { static table = new Map([['a', 1]]); timer = setTimeout(() => {}, 1) }
    export const now = () => Date.now(), zip = () => gzipSync(new Uint8Array(1)), wait = () => new Promise(() => {})`)
})

test.each([
  ['a timer', 'export const t = setTimeout(() => {}, 1)', 'setTimeout is not defined'],
  ['an AbortController', 'export class A { static c = new AbortController() }', 'AbortController is not defined'],
  ['a random number', 'const seed = () => Math.random(); export const s = seed()', 'Math.random is used'],
  ['random bytes', 'export const s = crypto.getRandomValues(new Uint8Array(4))', 'crypto is not defined'],
  ['the time', 'export const start = Date.now()', 'Date is used'],
  ['a date', 'export const start = new Date()', 'Date is used'],
  ['a promise', 'export const p = new Promise(() => {})', 'Promise is used'],
  ['WebAssembly', 'export const m = new WebAssembly.Module(new Uint8Array(8))', 'WebAssembly is used'],
])('%s made while loading is refused', async (_what, code, message) => {
  await expect(load(code)).rejects.toThrow(message)
})
