import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Lack } from '../../test/support/left-out.ts'

// The runtimes' packages, in a folder of their own: a gigabyte that `npm ci` at the root need not fetch. Other versions
// of Node are its devDependencies.
const home = fileURLToPath(new URL('.', import.meta.url))
const installing = 'npm ci --omit=dev --prefix e2e/runtimes'
const require = createRequire(new URL('package.json', import.meta.url))

export type BrowserName = 'chromium' | 'firefox' | 'webkit'
export type RuntimeName = 'node20' | 'node22' | 'node24' | 'node26' | 'deno' | 'bun' | 'workerd' | BrowserName

export interface Runtime {
  readonly name: RuntimeName
  /** As in `Node 20.20.2`. */
  readonly label: string
  /** The condition of `#adapter`. */
  readonly condition: 'node' | 'deno' | 'bun' | 'workerd' | 'browser'
  readonly binary: string
  /** Why it can't run, and what brings it; null if it can. */
  readonly missing: Lack | null
}

/** `apt`: Debian's packages; the others are npm's. */
interface Place {
  readonly title: string
  readonly condition: Runtime['condition']
  readonly binary: string
  readonly apt?: string
  /** Its name among the dependencies, and whose: its own, and this folder's, by default. */
  readonly dependency?: string
  readonly folder?: string
}

const places: Readonly<Record<RuntimeName, Place>> = {
  node20: { title: 'Node', condition: 'node', binary: 'node20/bin/node' },
  node22: { title: 'Node', condition: 'node', binary: 'node22/bin/node' },
  // The one the bench runs in.
  node24: { title: 'Node', condition: 'node', binary: 'node/bin/node', dependency: 'node', folder: '../../bench/' },
  node26: { title: 'Node', condition: 'node', binary: 'node26/bin/node' },
  deno: { title: 'Deno', condition: 'deno', binary: '.bin/deno' },
  bun: { title: 'Bun', condition: 'bun', binary: '.bin/bun' },
  workerd: { title: 'workerd', condition: 'workerd', binary: '.bin/workerd' },
  chromium: { title: 'Chromium', condition: 'browser', binary: '/usr/bin/chromium', apt: 'chromium' },
  firefox: { title: 'Firefox', condition: 'browser', binary: '/usr/bin/firefox-esr', apt: 'firefox-esr' },
  webkit: {
    title: 'WebKitGTK',
    condition: 'browser',
    binary: '/usr/bin/WebKitWebDriver',
    apt: 'webkit2gtk-driver xvfb',
  },
}

export const runtimeNames = Object.keys(places) as RuntimeName[]
export const browserNames: readonly BrowserName[] = ['chromium', 'firefox', 'webkit']

/**
 * Those the tests run in: RUNTIMES names them, or says `all`; otherwise those that Node's own runs don't cover and CI
 * installs.
 */
export const chosenRuntimes: readonly RuntimeName[] = choose(process.env['RUNTIMES'])

function choose(text: string | undefined): readonly RuntimeName[] {
  if (text === undefined) return ['deno', 'bun', 'workerd', 'chromium']
  if (text === 'all') return runtimeNames
  const chosen = text.split(',')
  const unknown = chosen.filter(name => !(name in places))
  if (unknown.length > 0)
    throw new Error(`no such runtime: ${unknown.join(', ')}; there are ${runtimeNames.join(', ')}`)
  return runtimeNames.filter(name => chosen.includes(name))
}

export function runtime(name: RuntimeName): Runtime {
  const { title, condition, apt } = places[name]
  const binary = binaryOf(name)
  if (apt !== undefined) {
    const missing = existsSync(binary)
      ? bundlerMissing()
      : { why: `${title} is not installed`, command: `apt-get install -y ${apt}` }
    return { name, label: `${title} ${debianVersion(apt)}`.trim(), condition, binary, missing }
  }
  const version = npmVersion(name)
  // Three more Nodes weigh half a gigabyte: they come with the tests that run in all of them.
  const command = condition === 'node' ? 'npm run test:runtimes' : installing
  const missing = existsSync(binary) ? null : { why: `${title} ${version} is not installed`, command }
  return { name, label: `${title} ${version}`, condition, binary, missing }
}

export function binaryOf(name: RuntimeName): string {
  const { binary, folder = '' } = places[name]
  return binary.startsWith('/') ? binary : join(home, folder, 'node_modules', binary)
}

function npmVersion(name: RuntimeName): string {
  const { dependency = name, folder = '' } = places[name]
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(home, folder, 'package.json'), 'utf8'))
  return { ...dependencies, ...devDependencies }[dependency].replace(/^.*@/, '')
}

/** Of the first package; empty where it isn't Debian's. */
function debianVersion(packages: string): string {
  const { stdout } = spawnSync('dpkg-query', ['--status', packages.split(' ')[0]!], { encoding: 'utf8' })
  return /^Version: (\d+\.\d+)/m.exec(stdout ?? '')?.[1] ?? ''
}

/** Why nothing can be bundled; null when it can. */
export function bundlerMissing(): Lack | null {
  return existsSync(`${home}node_modules/esbuild`) ? null : { why: 'esbuild is not installed', command: installing }
}

/** As much of esbuild as we use; its own types are there only once it is installed. */
interface Esbuild {
  build(options: Record<string, unknown>): Promise<{
    outputFiles: { path: string; text: string; contents: Uint8Array }[]
    /** By path from the working directory. */
    metafile: { outputs: Record<string, { imports: { path: string; kind: string; external?: boolean }[] }> }
  }>
}

export function esbuild(): Esbuild {
  return require('esbuild')
}
