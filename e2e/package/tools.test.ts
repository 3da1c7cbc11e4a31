import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { unless, unlessFull } from '../../test/support/left-out.ts'
import { runtime } from '../runtimes/packages.ts'
import { noTools, tool, type Workplace, workplace } from './tools.ts'

// The tools compile and bundle a lot.
vi.setConfig({ testTimeout: 300_000 })

// What programs are tested, run, compiled and bundled by, on the packed package: each writes and reads a message.
const exec = promisify(execFile)

/** What it does everywhere: in its own broker, without a network. `expected` is what `roundTrip` answers. */
const roundTrip = `
async function roundTrip() {
  const broker = new Broker({ topics: [{ name: 'orders', partitions: 1 }] })
  const transport = new Transport({ adapter: memory(broker) })
  const addr = broker.addresses
  const writer = new Writer({ addr, topic: 'orders', transport, compression: 'zstd' })
  await writer.writeMessages([{ key: 'k', value: 'v'.repeat(500) }])
  const reader = new Reader({ brokers: addr, topic: 'orders', groupId: 'g', transport })
  const message = await reader.readMessage()
  await reader.close()
  await writer.close()
  await transport.close()
  await broker.close()
  return [message.text().length, message.key?.length]
}
`
const expected = [500, 1]
const said = JSON.stringify(expected)
const imports = `import { Reader, Transport, Writer } from 'isokafka'
import { Broker } from 'isokafka/broker'
import { memory } from 'isokafka/memory'
`
const requires = `const { Reader, Transport, Writer } = require('isokafka')
const { Broker } = require('isokafka/broker')
const { memory } = require('isokafka/memory')
`
const print = 'roundTrip().then(answer => console.log(JSON.stringify(answer)))\n'

/** What a command prints; with its errors, should it fail. */
async function run(
  { folder }: Workplace,
  file: string,
  args: readonly string[],
  { all = false } = {},
): Promise<string> {
  const { CI: _ci, VITEST: _vitest, NODE_ENV: _env, ...mine } = process.env
  const { stdout, stderr, code } = await exec(file, args, {
    cwd: folder,
    env: { ...mine, NO_COLOR: '1', NEXT_TELEMETRY_DISABLED: '1' },
    maxBuffer: 1 << 26,
  }).catch(error => error)
  return code === undefined && !all ? stdout : `${stdout}${stderr}`
}

const node = process.execPath

describe('a program', unless(unlessFull), () => {
  const runtimes = (['node20', 'node22', 'node24', 'node26', 'deno', 'bun'] as const).map(
    name => [name, name === 'deno' ? ['run', '-A', '--no-prompt'] : []] as const,
  )
  for (const [name, args] of runtimes) {
    const { binary, missing } = runtime(name)
    test.each(['mjs', 'cjs'])(`in ${name}, as %s`, unless(missing), async extension => {
      await using place = await workplace()
      await place.put({ [`main.${extension}`]: (extension === 'mjs' ? imports : requires) + roundTrip + print })
      expect((await run(place, binary, [...args, `main.${extension}`])).trim()).toBe(said)
    })
  }
})

describe('by its tools', unless(unlessFull, noTools), () => {
  const asTest = `${roundTrip}\ntest('writes and reads', async () => expect(await roundTrip()).toEqual(${said}))\n`

  test.each(['node', 'jsdom'])('Jest in %s', async environment => {
    await using place = await workplace({ type: 'commonjs' })
    const testEnvironment = tool(`jest-environment-${environment}`)
    const [, setup = ''] = /```js\n(.*?)```/s.exec(await readFile('docs/guides/testing.md', 'utf8')) ?? []
    const setupFiles = environment === 'jsdom' ? ['./setup.js'] : []
    await place.put({
      'jest.config.json': JSON.stringify({ testEnvironment, rootDir: '.', transform: {}, setupFiles }),
      'setup.js': setup,
      'orders.test.js': requires + asTest,
    })
    const output = await run(place, node, [tool('jest/bin/jest.js'), '-c', 'jest.config.json'], { all: true })
    expect(output).toContain('1 passed')
  })

  test('Vitest', async () => {
    await using place = await workplace()
    await place.put({
      'vitest.config.mjs': 'export default {}\n',
      'orders.test.ts': `import { expect, test } from 'vitest'\n${imports}${asTest}`,
    })
    const output = await run(place, node, [resolve('node_modules/vitest/vitest.mjs'), 'run', '--root', place.folder])
    expect(output).toContain('1 passed')
  })

  test('tsx, a module and CommonJS', async () => {
    await using place = await workplace()
    await place.put({ 'main.mts': imports + roundTrip + print, 'main.cts': imports + roundTrip + print })
    for (const file of ['main.mts', 'main.cts'])
      expect((await run(place, node, [tool('tsx/dist/cli.mjs'), file])).trim()).toBe(said)
  })

  test('ts-node, in CommonJS', async () => {
    await using place = await workplace({ type: 'commonjs' })
    const compilerOptions = { module: 'node16', moduleResolution: 'node16', target: 'es2022', strict: true }
    await place.put({
      'tsconfig.json': JSON.stringify({ compilerOptions, 'ts-node': { files: true } }),
      'main.ts': imports + roundTrip + print,
    })
    expect((await run(place, node, [tool('ts-node/dist/bin.js'), 'main.ts'])).trim()).toBe(said)
  })

  test.each(['node', 'web'])('webpack for %s', async target => {
    await using place = await workplace()
    await place.put({ 'main.mjs': imports + roundTrip + print })
    const { webpack } = createRequire(tool('webpack/package.json'))('webpack')
    const configuration = {
      mode: 'production',
      context: place.folder,
      entry: './main.mjs',
      target,
      output: { path: join(place.folder, 'bundle'), filename: 'main.cjs' },
    }
    const stats = await promisify(webpack)(configuration)
    expect(stats.toJson({ all: false, errors: true, warnings: true }).errors).toEqual([])
    // The one for browsers needs of Node what browsers have, too.
    expect((await run(place, node, ['bundle/main.cjs'])).trim()).toBe(said)
  })

  test('Next, in a route', async () => {
    await using place = await workplace()
    await place.put({
      'next.config.mjs': `export default { turbopack: { root: ${JSON.stringify(resolve('.'))} } }\n`,
      'app/layout.js': 'export default ({ children }) => <html><body>{children}</body></html>\n',
      'app/page.js': `${imports}${roundTrip}export default async () => <p>{JSON.stringify(await roundTrip())}</p>\n`,
    })
    const output = await run(place, node, [tool('next/dist/bin/next'), 'build'])
    expect(output).toContain('Compiled')
    const page = await readFile(join(place.folder, '.next/server/app/index.html'), 'utf8')
    expect(page).toContain(said)
  })
})

const lowest = 'typescript-lowest/bin/tsc'
const compilers: readonly [name: string, path: string, resolutions: readonly string[]][] = [
  // The lowest that README.md names.
  ['TypeScript 5.7', tool(lowest), ['node10', 'node16', 'bundler']],
  ['TypeScript 5.9', tool('typescript/bin/tsc'), ['node10', 'nodenext', 'bundler']],
  ['TypeScript 7', resolve('node_modules/typescript/bin/tsc'), ['nodenext', 'bundler']],
]
const modules: Readonly<Record<string, string>> = {
  node10: 'commonjs',
  node16: 'node16',
  nodenext: 'nodenext',
  bundler: 'esnext',
}
const subpaths = [
  'node',
  'deno',
  'bun',
  'cloudflare',
  'websocket',
  'memory',
  'broker',
  'listen',
  'bridge',
  'bridge/fetch',
  'protocol',
  'schema',
]

describe('declarations, every one of them looked at', unless(unlessFull, noTools), () => {
  const whole = `import { Kafka } from 'isokafka/kafkajs'
${subpaths.map((path, i) => `import * as all${i} from 'isokafka/${path}'`).join('\n')}
export const all = [Kafka, ${subpaths.map((_, i) => `all${i}`)}]
`
  const main = `import { type Message, Reader, Writer } from 'isokafka'
export async function main(): Promise<Message> {
  await new Writer({ addr: 'localhost:9092', topic: 'orders' }).writeMessages({ key: 'k', value: 'v' })
  // @ts-expect-error: a topic is a string
  new Writer({ addr: 'localhost:9092', topic: 5 })
  return new Reader({ brokers: ['localhost:9092'], topic: 'orders', partition: 0 }).readMessage()
}
`
  describe.each(compilers)('by %s', (_name, compiler, resolutions) => {
    test.each(resolutions)('with resolution by %s', async resolution => {
      await using place = await workplace()
      const common = { strict: true, noEmit: true, skipLibCheck: false, target: 'es2022', module: modules[resolution] }
      const settings = (lib: string[], types: string[], files: string[]): string =>
        JSON.stringify({ compilerOptions: { ...common, moduleResolution: resolution, lib, types }, files })
      await place.put({
        'main.ts': main,
        'required.cts': main,
        'whole.ts': whole,
        'browser.json': settings(['es2022', 'dom'], [], ['main.ts']),
        'node.json': settings(['es2022'], ['node'], ['main.ts', 'required.cts', 'whole.ts']),
        'both.json': settings(['es2022', 'dom'], ['node'], ['main.ts', 'whole.ts']),
      })
      for (const project of ['browser.json', 'node.json', 'both.json'])
        expect(await run(place, node, [compiler, '-p', project])).toBe('')
    })
  })
})
