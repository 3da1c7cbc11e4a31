// @ts-check
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { dts } from 'rollup-plugin-dts'
import { commonjs } from './rollup.commonjs.mjs'

// Bundles what `tsc -p tsconfig.build.json` left in build/. One entry for each of the package's subpaths, and one for each file that
// `#adapter` and `#crc32c` may mean: those imports stay as they are, for the runtime or the user's bundler to resolve.
const entries = {
  index: 'src/index',
  protocol: 'src/protocol/index',
  schema: 'src/schema/index',
  broker: 'src/broker/index',
  memory: 'adapters/memory/index',
  listen: 'adapters/broker/index',
  node: 'adapters/node/index',
  deno: 'adapters/deno/index',
  bun: 'adapters/bun/index',
  cloudflare: 'adapters/cloudflare/index',
  websocket: 'adapters/websocket/index',
  browser: 'adapters/websocket/browser',
  bridge: 'adapters/bridge/index',
  fetch: 'adapters/bridge/fetch',
  kafkajs: 'adapters/kafkajs/index',
  none: 'adapters/none/index',
  crc32c: 'src/bytes/crc32c',
  'crc32c-plain': 'src/bytes/crc32c-plain',
  cli: 'adapters/cli/index',
}
const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))

/** @type {import('rollup').Plugin} */
const declaredTypeScript = {
  name: 'declared-typescript',
  // The compiler rewrites the extensions in the code but not in the declarations.
  resolveId(source, importer) {
    if (importer === undefined || !source.startsWith('.')) return null
    const path = resolve(dirname(importer), source.replace(/\.ts$/, '.d.ts'))
    return existsSync(path) ? path : null
  },
}

/**
 * Files that stay by themselves, for a bundler drops a file nobody imports: those that call functions or read properties as they load (schemas,
 * tables), which it keeps in one that is needed; and those that need CRC-32, which a bundler that splits code would have all of them load. The
 * rest is put together, for Node to open few files.
 */
const apart =
  /build\/src\/((?:schema|protocol|compression)\/(?!index).*|transport\/(?:destination|moved|cluster|coordinators)|writer\/transactions\/.*|(?:reader|group)\/config|client\/(?:produce|list-offsets)|records\/control|.*\/(?:message-set|record-batch|crc32-balancer))\.js$/
/**
 * What a Writer loads is in files that import nothing else: a bundler that splits code would have it load at once what
 * its transactions import later, too, where both lie beside each other.
 */
const together = {
  writing: /build\/src\/writer\/(?!transactions)/,
  routing:
    /build\/src\/transport\/(?:transport|router|routed-call|partition-fanout|merge|parts|owners|shape|own-transport|topic-changes|find-offsets)\.js$/,
}
/** @param {string} id */
const chunkOf = id =>
  apart.exec(id)?.[1]?.replaceAll('/', '-') ?? Object.entries(together).find(([, files]) => files.test(id))?.[0]

const modules = {
  input: Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, `build/${path}.js`])),
  external: ['#adapter', '#crc32c', 'cloudflare:sockets', /^node:/, ...Object.keys(dependencies)],
  output: {
    dir: 'dist',
    format: /** @type {const} */ ('es'),
    chunkFileNames: 'chunks/[name].js',
    manualChunks: chunkOf,
    onlyExplicitManualChunks: true,
    hoistTransitiveImports: false,
  },
  /** @param {import('rollup').RollupLog} warning */
  onwarn(warning) {
    throw new Error(warning.message)
  },
}

/** Of these nobody imports the types. */
const untyped = ['browser', 'none', 'crc32c', 'crc32c-plain', 'cli']
const typed = { ...entries, 'kafkajs-exports': 'adapters/kafkajs/exports' }

/** The declarations: one file for each entry that programs import, and what several of them have in common. */
const declarations = {
  input: Object.fromEntries(
    Object.entries(typed)
      .filter(([name]) => !untyped.includes(name))
      .map(([name, path]) => [name, `build/${path}.d.ts`]),
  ),
  external: modules.external,
  plugins: [declaredTypeScript, dts()],
  output: {
    dir: 'dist/types',
    format: /** @type {const} */ ('es'),
    entryFileNames: '[name].d.ts',
    /** @param {{ name: string }} chunk */
    chunkFileNames: ({ name }) => `chunks/${name.replace(/\.d$/, '')}.d.ts`,
    hoistTransitiveImports: false,
    // Their types have Symbol.asyncDispose, which the libs of older targets lack.
    banner: '/// <reference lib="esnext.disposable" />',
  },
  /** @param {import('rollup').RollupLog} warning */
  onwarn({ message }) {
    // Types that are named in public ones and by themselves are nobody's business.
    if (!message.includes('private shared type exports')) throw new Error(message)
  },
}

// One after the other: the last one adds to what the others made.
export default [modules, declarations, commonjs(modules)]
