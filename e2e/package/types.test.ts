import { execFile } from 'node:child_process'
import { cp } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unless } from '../../test/support/left-out.ts'
import { runtime } from '../runtimes/packages.ts'
import { type Installed, installPackage } from './installed.ts'

const run = promisify(execFile)

// The examples, compiled as strictly as there is against the packed declarations and each runtime's own types.
let app: Installed
beforeAll(async () => {
  app = await installPackage()
  await app.put('examples', { from: 'docs/examples' })
})
afterAll(() => app?.[Symbol.asyncDispose]())

async function compile(example: string, types: readonly string[], lib: string): Promise<string> {
  const settings = [
    '--strict',
    '--noEmit',
    '--module',
    'esnext',
    '--moduleResolution',
    'bundler',
    '--target',
    'es2022',
    '--lib',
    lib,
  ]
  const options = [...settings, '--types', types.join(','), join('examples', example)]
  const { stdout } = await run(resolve('node_modules/typescript/bin/tsc'), options, { cwd: app.folder }).catch(
    error => error,
  )
  return stdout
}

const withTypes = async (folder: string, ...names: string[]): Promise<void> => {
  for (const name of names)
    await cp(resolve(folder, 'node_modules', name), join(app.folder, 'node_modules', name), { recursive: true })
}

test('in a browser, without the types of Node', async () => {
  expect(await compile('browser/tail.ts', [], 'es2023,esnext.disposable,dom,dom.iterable')).toBe('')
})

test('in Node', async () => {
  await withTypes('.', '@types/node', 'undici-types')
  expect(await compile('node/service.ts', ['node'], 'es2023,esnext.disposable')).toBe('')
  expect(await compile('next/app/orders/route.ts', ['node'], 'es2023,esnext.disposable')).toBe('')
})

describe('with types that are installed beside the runtimes', unless(runtime('workerd').missing), () => {
  test.each(['workers/worker.ts', 'durable-object/consumer.ts'])('in Workers: %s', async example => {
    await withTypes('e2e/runtimes', '@cloudflare/workers-types')
    expect(await compile(example, ['@cloudflare/workers-types'], 'es2023,esnext.disposable')).toBe('')
  })

  test('in Bun', async () => {
    await withTypes('e2e/runtimes', '@types/bun', 'bun-types', '@types/node', 'undici-types')
    expect(await compile('bun/write.ts', ['bun'], 'es2023,esnext.disposable')).toBe('')
  })

  test('in Deno', async () => {
    const deno = runtime('deno').binary
    const program = await app.put('print.ts', { from: 'docs/examples/deno/print.ts' })
    const { stderr } = await run(deno, ['check', '--quiet', program], {
      cwd: app.folder,
      env: { ...process.env, NO_COLOR: '1' },
    }).catch(error => error)
    expect(stderr).toBe('')
  })
})
