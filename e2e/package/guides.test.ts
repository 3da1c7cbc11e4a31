import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listen } from '../../adapters/broker/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { unless } from '../../test/support/left-out.ts'
import { runtime } from '../runtimes/packages.ts'
import { type Installed, installPackage } from './installed.ts'
import { start } from './running.ts'

// Each block of code in docs/guides is a program: it runs where the packed package is installed, on a broker of its own, ends by
// itself, and prints what the block behind it says. Those marked `compile` need somebody else's cloud.

const folder = 'docs/guides'

interface Block {
  readonly guide: string
  readonly number: number
  readonly code: string
  readonly output: string
}

const blocks: readonly Block[] = readdirSync(folder).flatMap(name => {
  const text = readFileSync(`${folder}/${name}`, 'utf8')
  const found = [...text.matchAll(/```ts\n(.*?)```\n(?:\n```text\n(.*?)```)?/gs)]
  return found.map(([, code = '', output = ''], i) => ({
    guide: name.replace(/\.md$/, ''),
    number: i + 1,
    code,
    output,
  }))
})

/** Those that are marked so. */
const toCompile = readdirSync(folder).flatMap(name => {
  const text = readFileSync(`${folder}/${name}`, 'utf8')
  const found = [...text.matchAll(/```ts compile\n(.*?)```/gs)]
  return found.map(([, code = ''], i) => ({ guide: name.replace(/\.md$/, ''), number: i + 1, code }))
})

let app: Installed
beforeAll(async () => {
  app = await installPackage()
})
afterAll(() => app?.[Symbol.asyncDispose]())

const run = promisify(execFile)

describe('guides', () => {
  test('there are some, and each has code that runs', () => {
    const guides = readdirSync(folder).filter(name => name !== 'README.md')
    for (const name of guides) {
      expect(readFileSync(`${folder}/README.md`, 'utf8')).toContain(`(${name})`)
      expect(readFileSync(`${folder}/${name}`, 'utf8')).toMatch(/```ts/)
    }
  })

  test.each(blocks)('$guide, $number', unless(runtime('node24').missing), async ({ guide, number, code, output }) => {
    const topics = ['orders', 'invoices', 'failed-orders'].map(name => ({ name, partitions: 1 }))
    await using broker = new Broker({ topics, natives, autoCreateTopics: false })
    const { addresses, close } = await listen(broker)
    const program = await app.put(`${guide}-${number}.mjs`, code.replaceAll('localhost:9092', addresses[0]!))
    const running = start([runtime('node24').binary, program])
    const status = await running.ended
    await close()
    const isTest = code.includes('node:test')
    const said = { status, errors: running.errors, output: isTest ? '' : running.output }
    expect(said).toEqual({ status: 0, errors: '', output })
  })

  test.each(toCompile)('$guide, to be compiled, $number', async ({ guide, number, code }) => {
    for (const name of ['@types/node', 'undici-types'])
      await cp(resolve('node_modules', name), join(app.folder, 'node_modules', name), { recursive: true })
    const program = await app.put(`${guide}-compile-${number}.ts`, code)
    const settings = [
      '--strict',
      '--noEmit',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--lib',
      'es2023,esnext.disposable',
    ]
    const compiler = resolve('node_modules/typescript/bin/tsc')
    const { stdout } = await run(compiler, [...settings, '--types', 'node', program], { cwd: app.folder }).catch(
      error => error,
    )
    expect(stdout).toBe('')
  })
})
