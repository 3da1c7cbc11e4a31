import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { noSize, writerBundle } from './codecs/bundle.ts'
import { skipped } from './peers/run.ts'

const kilobytes = (code: string): number => gzipSync(code, { level: 9 }).length / 1000

test.skipIf(skipped(noSize))(
  'a Writer for Workers, minified and gzipped, keeps its budget: 55 KB with all codecs, 40 KB with none',
  async () => {
    const whole = kilobytes(await writerBundle())
    const slim = kilobytes(await writerBundle({ slim: true }))
    console.log(`Writer for Workers, minified and gzipped: ${whole.toFixed(1)} KB with all codecs, ${slim.toFixed(1)} KB without`)
    expect(whole).toBeLessThanOrEqual(55)
    expect(slim).toBeLessThanOrEqual(40)
  },
)

test.skipIf(skipped(noSize))('a slim bundle has no compressor in it, the other has no decompressor', async () => {
  // Words of the code that survive minifying.
  const [compressing, decompressing] = ['gzip has the levels 0 to 9', 'the data ends early']
  const whole = await writerBundle()
  expect(whole).toContain(compressing)
  expect(whole).not.toContain(decompressing)
  expect(await writerBundle({ slim: true })).not.toContain(compressing)
})
