import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { type Plugin, rollup } from 'rollup'
import { build, type InlineConfig } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unless } from '../../test/support/left-out.ts'
import { esbuild, runtime } from '../runtimes/packages.ts'
import { type Installed, installPackage } from './installed.ts'

// Users' bundlers on the packed package: each must choose the file of `#adapter` that fits where the bundle will run.

const run = promisify(execFile)
const unable = runtime('workerd').missing

const program = `import { Client, Transport } from 'isokafka'
const transport = new Transport()
console.log(await new Client({ addr: 'localhost:1', transport, timeout: 1000 }).metadata({}).catch(error => error.message))`

let app: Installed
let entry: string
beforeAll(async () => {
  app = await installPackage()
  entry = await app.put('entry.js', program)
})
afterAll(() => app?.[Symbol.asyncDispose]())

type Target = 'browser' | 'workerd' | 'node'

async function byEsbuild(target: Target): Promise<string> {
  const { outputFiles } = await esbuild().build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: target === 'workerd' ? 'neutral' : target,
    // As wrangler sets them.
    ...(target === 'workerd' && { conditions: ['workerd', 'worker', 'browser'], mainFields: ['module', 'main'] }),
    external: ['node:*', 'cloudflare:*'],
    logLevel: 'silent',
  })
  return outputFiles[0]!.text
}

async function byRollup(target: Target): Promise<string> {
  const { nodeResolve } = createRequire(new URL('../runtimes/package.json', import.meta.url))(
    '@rollup/plugin-node-resolve',
  ) as {
    nodeResolve(options: object): Plugin
  }
  const options = {
    browser: { browser: true },
    workerd: { exportConditions: ['workerd'] },
    node: { exportConditions: ['node'] },
  }[target]
  const bundle = await rollup({ input: entry, external: [/^node:/, /^cloudflare:/], plugins: [nodeResolve(options)] })
  const { output } = await bundle.generate({ format: 'es', inlineDynamicImports: true })
  return output[0].code
}

async function byVite(target: Target): Promise<string> {
  const inNode = target === 'node'
  const output = await built({
    configFile: false,
    root: app.folder,
    logLevel: 'silent',
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      rollupOptions: { input: entry, output: { codeSplitting: !inNode } },
      ...(inNode && { ssr: entry }),
    },
    ...(inNode && { ssr: { noExternal: true } }),
  })
  // For browsers the codecs are in chunks of their own.
  if (!inNode) expect(output.length).toBeGreaterThan(1)
  return output.join('\n')
}

async function built(config: InlineConfig): Promise<string[]> {
  const [result] = [await build(config)].flat()
  if (result === undefined || !('output' in result)) throw new Error('vite watches')
  return result.output.flatMap(file => (file.type === 'chunk' ? [file.code] : []))
}

/** Words of each adapter that are in none of the others. */
const words: Readonly<Record<Target, string>> = {
  browser: 'a browser reaches Kafka through a bridge',
  workerd: 'cloudflare:sockets',
  node: 'node:net',
}

describe('bundled', unless(unable), () => {
  test.each<[string, Target, (target: Target) => Promise<string>]>([
    ['esbuild', 'browser', byEsbuild],
    ['esbuild', 'workerd', byEsbuild],
    ['esbuild', 'node', byEsbuild],
    ['rollup', 'browser', byRollup],
    ['rollup', 'workerd', byRollup],
    ['rollup', 'node', byRollup],
    ['vite', 'browser', byVite],
    ['vite', 'node', byVite],
  ])('by %s for %s: that adapter, and no other', async (bundler, target, bundle) => {
    const code = await bundle(target)
    // Asked as booleans, for a failure not to show the bundle.
    const has = (text: string): boolean => code.includes(text)
    expect({ browser: has(words.browser), workerd: has(words.workerd), node: has(words.node) }).toEqual({
      browser: target === 'browser',
      workerd: target === 'workerd',
      node: target === 'node',
    })
    expect(/(from|import|import\() ?['"]#/.test(code)).toBe(false)
    expect(/(from|import|import\() ?['"]node:/.test(code)).toBe(target === 'node')
    if (target !== 'node') return
    const file = await app.put(`${bundler}.mjs`, code)
    const { stdout } = await run(process.execPath, [file])
    expect(stdout).toContain('connection refused')
  })
})

for (const name of ['node20', 'node22', 'node24', 'node26', 'deno', 'bun'] as const) {
  const { binary, condition, missing } = runtime(name)
  test(`unbundled in ${name}: its own adapter`, unless(missing), async () => {
    // Inside the package, where `#adapter` means something.
    const asked = await app.put(
      'node_modules/isokafka/asked.mjs',
      "import { adapter } from '#adapter'; console.log(adapter.name)",
    )
    const { stdout } = await run(binary, [...(name === 'deno' ? ['run', '--allow-read'] : []), asked])
    expect(stdout.trim()).toBe(condition)
  })
}
