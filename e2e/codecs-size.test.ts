import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { unless } from '../test/support/left-out.ts'
import { noSize, type WriterBundleOptions, writerBundle } from './codecs/bundle.ts'

const kilobytes = async (options?: WriterBundleOptions): Promise<number> =>
  gzipSync(await writerBundle(options), { level: 9 }).length / 1000

test(
  'a Writer for Workers, minified and gzipped, keeps its budget: 65.7 KB with all, 48.9 KB without codecs and transactions',
  unless(noSize),
  async () => {
    const whole = await kilobytes()
    const without = await kilobytes({ splitting: true })
    const slim = await kilobytes({ slim: true })
    const own = await kilobytes({ slim: true, names: ['Writer', 'Transport', 'plain'] })
    const told = {
      'with all codecs': whole,
      'without, split': without,
      'without, slim': slim,
      'and a Transport of its own with SASL': own,
    }
    for (const [what, size] of Object.entries(told))
      console.log(`Writer for Workers, minified and gzipped, ${what}: ${size.toFixed(1)} KB`)
    expect(whole).toBeLessThanOrEqual(65.7)
    expect(without).toBeLessThanOrEqual(48.9)
    expect(slim).toBeLessThanOrEqual(47.8)
    expect(own).toBeLessThanOrEqual(57.1)
  },
)

test('a bundle without codecs has no compressor in it, one with them no decompressor', unless(noSize), async () => {
  // Words of the code that survive minifying. Asked as a boolean, for a failure not to show the bundles.
  const has = async (words: string, options?: WriterBundleOptions): Promise<boolean> =>
    (await writerBundle(options)).includes(words)
  const [compressing, decompressing] = ['name:"snappy",compress(', 'the data ends early']
  expect(await has(compressing)).toBe(true)
  expect(await has(decompressing)).toBe(false)
  expect(await has(compressing, { slim: true })).toBe(false)
  expect(await has(compressing, { splitting: true })).toBe(false)
})

test('a bundle for Workers has no WebAssembly in it, and errors keep their descriptions', unless(noSize), async () => {
  const whole = await writerBundle()
  expect(whole.includes('WebAssembly')).toBe(false)
  expect(whole.includes('min.insync.replicas')).toBe(true)
})
