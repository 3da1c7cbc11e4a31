import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { unless } from '../test/support/left-out.ts'
import { runtime } from './runtimes/packages.ts'

const run = promisify(execFile)

// Beside what Node itself takes to start, which is longer on a slower or busier machine, too.
const program = `
const [before, began] = [process.memoryUsage.rss(), process.cpuUsage()]
await import('isokafka')
const { user, system } = process.cpuUsage(began)
const [start, used] = [began.user + began.system, user + system].map(us => us / 1000)
console.log(JSON.stringify([used / start, used, (process.memoryUsage.rss() - before) / 2 ** 20]))`

test(
  'Node imports isokafka in little more than twice the time of its own start, and in 20 MiB',
  unless(runtime('node24').missing),
  async () => {
    const measured: [starts: number, ms: number, mebibytes: number][] = []
    // The least of some: the processor's time is longer where caches are cold.
    for (let i = 0; i < 9; i++) {
      const { stdout } = await run(runtime('node24').binary, ['--input-type=module', '--eval', program])
      measured.push(JSON.parse(stdout))
    }
    const [starts, ms, mebibytes] = [0, 1, 2].map(at => Math.min(...measured.map(each => each[at]!)))
    console.log(
      `import: ${starts!.toFixed(2)} starts, ${ms!.toFixed(0)} ms of the processor, ${mebibytes!.toFixed(1)} MiB`,
    )
    expect(starts).toBeLessThan(2.9)
    expect(mebibytes).toBeLessThan(20)
  },
)
