import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { unless } from '../test/support/left-out.ts'
import { runtime } from './runtimes/packages.ts'

const run = promisify(execFile)

const program = `
const [before, began] = [process.memoryUsage.rss(), process.cpuUsage()]
await import('isokafka')
const { user, system } = process.cpuUsage(began)
console.log(JSON.stringify([(user + system) / 1000, (process.memoryUsage.rss() - before) / 2 ** 20]))`

test('Node imports isokafka within 60 ms of the processor and 20 MiB', unless(runtime('node24').missing), async () => {
  const measured: [ms: number, mebibytes: number][] = []
  // The least of some: the processor's time is longer where caches are cold.
  for (let i = 0; i < 7; i++) {
    const { stdout } = await run(runtime('node24').binary, ['--input-type=module', '--eval', program])
    measured.push(JSON.parse(stdout))
  }
  const [ms, mebibytes] = [0, 1].map(at => Math.min(...measured.map(each => each[at]!)))
  console.log(`import: ${ms!.toFixed(0)} ms of the processor, ${mebibytes!.toFixed(1)} MiB`)
  // Whoever runs CI may have slower processors.
  expect(ms).toBeLessThan(process.env['CI'] === 'true' ? 120 : 60)
  expect(mebibytes).toBeLessThan(20)
})
