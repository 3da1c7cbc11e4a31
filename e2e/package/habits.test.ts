import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { listen } from '../../adapters/broker/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { unless } from '../../test/support/left-out.ts'
import { runtime } from '../runtimes/packages.ts'
import { type Installed, installPackage } from './installed.ts'
import { start } from './running.ts'

// What programs do that nobody taught.
let app: Installed
beforeAll(async () => {
  app = await installPackage()
})
afterAll(() => app?.[Symbol.asyncDispose]())

let addr: string
let stop: () => Promise<void>
beforeEach(async () => {
  const broker = new Broker({ topics: [{ name: 'orders', partitions: 1 }], natives })
  const { addresses, close } = await listen(broker)
  addr = addresses[0]!
  stop = async () => {
    await close()
    await broker.close()
  }
})
afterEach(() => stop())

const runtimes: [string, readonly string[], ReturnType<typeof runtime>['missing']][] = [
  ['Node', [process.execPath], null],
  ['Deno', [runtime('deno').binary, 'run', '--no-prompt', '--allow-net'], runtime('deno').missing],
  ['Bun', [runtime('bun').binary], runtime('bun').missing],
]

describe.each(runtimes)('in %s', (name, command, missing) => {
  test('a close() that was forgotten keeps no program alive whose Writer is idle', unless(missing), async () => {
    const program = await app.put(
      `forgetful-${name}.mjs`,
      `import { Writer } from 'isokafka'
       const writer = new Writer({ addr: '${addr}', topic: 'orders' })
       await writer.writeMessages({ value: 'x' })
       console.log('written')`,
    )
    const running = start([...command, program], { cwd: app.folder })
    await running.says(/written/)
    const began = performance.now()
    expect([await running.ended, running.errors]).toEqual([0, ''])
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  test('nor one that has not written at all', unless(missing), async () => {
    const program = await app.put(
      `unused-${name}.mjs`,
      `import { Client, Reader, Writer } from 'isokafka'
       new Writer({ addr: '${addr}', topic: 'orders' })
       new Reader({ brokers: '${addr}', topic: 'orders', groupId: 'g' })
       new Client({ addr: '${addr}' })
       console.log('made')`,
    )
    const running = start([...command, program], { cwd: app.folder })
    expect([await running.ended, running.output, running.errors]).toEqual([0, 'made\n', ''])
  })
})

/** Each way to the network, and what it says within which time, in milliseconds. */
const calls = `
  const told = async call => {
    const began = performance.now()
    const error = await call().then(() => 'done', error => error)
    return [error.name, error.message, performance.now() - began < 1_000]
  }
  const addr = 'localhost:9092'
  console.log(JSON.stringify(await Promise.all([
    told(() => new Writer({ addr, topic: 'orders', logger: null }).writeMessages({ value: 'x' })),
    told(() => new Reader({ brokers: addr, topic: 'orders', partition: 0, logger: null }).readMessage()),
    told(() => new Reader({ brokers: addr, topic: 'orders', groupId: 'g', logger: null }).readMessage()),
    told(() => new Client({ addr }).metadata({})),
  ])))
  process.exit(0)`

test(
  'without a permission for the network, in Deno, whatever asks is told so within a second',
  unless(runtime('deno').missing),
  async () => {
    const program = await app.put(
      'sandboxed.mjs',
      `import process from 'node:process'
     import { Client, Reader, Writer } from 'isokafka'${calls}`,
    )
    const running = start([runtime('deno').binary, 'run', '--no-prompt', program], { cwd: app.folder })
    await running.ended
    const told = JSON.parse(running.output.trim().split('\n').at(-1)!) as [string, string, boolean][]
    expect(told).toHaveLength(4)
    for (const [name, message, inTime] of told) {
      expect(message).toMatch(/may not use the network.*--allow-net/)
      expect([name === 'ConfigError' || name === 'WriteErrors', inTime]).toEqual([true, true])
    }
  },
)
