import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

// The runtimes' packages, in a folder of their own: a gigabyte that `npm ci` at the root need not fetch.
const home = fileURLToPath(new URL('.', import.meta.url))
const require = createRequire(new URL('package.json', import.meta.url))

export type RuntimeName = 'node20' | 'node22' | 'node24' | 'node26' | 'deno' | 'bun' | 'workerd'

export interface Runtime {
  readonly name: RuntimeName
  /** As in `Node 20.20.2`. */
  readonly label: string
  /** The condition of `#adapter`. */
  readonly condition: 'node' | 'deno' | 'bun' | 'workerd'
  readonly binary: string
  /** Why it can't run; null if it can. */
  readonly missing: string | null
}

const places: Readonly<Record<RuntimeName, { title: string; condition: Runtime['condition']; binary: string }>> = {
  node20: { title: 'Node', condition: 'node', binary: 'node20/bin/node' },
  node22: { title: 'Node', condition: 'node', binary: 'node22/bin/node' },
  node24: { title: 'Node', condition: 'node', binary: 'node24/bin/node' },
  node26: { title: 'Node', condition: 'node', binary: 'node26/bin/node' },
  deno: { title: 'Deno', condition: 'deno', binary: '.bin/deno' },
  bun: { title: 'Bun', condition: 'bun', binary: '.bin/bun' },
  workerd: { title: 'workerd', condition: 'workerd', binary: '.bin/workerd' },
}

export const runtimeNames = Object.keys(places) as RuntimeName[]

export function runtime(name: RuntimeName): Runtime {
  const { title, condition, binary } = places[name]
  const { dependencies } = JSON.parse(readFileSync(`${home}package.json`, 'utf8'))
  const version = dependencies[name].replace(/^.*@/, '')
  const path = `${home}node_modules/${binary}`
  const missing = existsSync(path) ? null : `${title} ${version} is not installed: npm ci --prefix e2e/runtimes`
  return { name, label: `${title} ${version}`, condition, binary: path, missing }
}

/** As much of esbuild as we use; its own types are there only once it is installed. */
interface Esbuild {
  build(options: Record<string, unknown>): Promise<{ outputFiles: { text: string; contents: Uint8Array }[] }>
}

export function esbuild(): Esbuild {
  return require('esbuild')
}
