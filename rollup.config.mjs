// @ts-check
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { dts } from 'rollup-plugin-dts'
import { chunks } from './.rollup/chunks.mjs'
import { commonjs } from './.rollup/commonjs.mjs'
import { plain, unused } from './.rollup/sources.mjs'

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

const modules = {
  input: Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, `build/${path}.js`])),
  plugins: [unused, plain],
  external: ['#adapter', '#crc32c', 'cloudflare:sockets', /^node:/, ...Object.keys(dependencies)],
  output: {
    dir: 'dist',
    format: /** @type {const} */ ('es'),
    chunkFileNames: 'chunks/[name].js',
    manualChunks: await chunks(),
    onlyExplicitManualChunks: true,
    experimentalMinChunkSize: 10_000,
    hoistTransitiveImports: false,
  },
  /** @param {import('rollup').RollupLog} warning */
  onwarn(warning) {
    throw new Error(warning.message)
  },
}

/** Of these nobody imports the types. `kafkajs` is what `require` gives, and a default export. */
const untyped = ['browser', 'none', 'crc32c', 'crc32c-plain', 'cli']
const typed = { ...entries, kafkajs: 'adapters/kafkajs/exports' }

/**
 * The declarations: one file for each entry that programs import, and one of what several of them have in common. They say that they are
 * CommonJS's, which ES modules may import, too: so there is one of each type, whoever asks.
 */
const declarations = {
  input: Object.fromEntries(
    Object.entries(typed)
      .filter(([name]) => !untyped.includes(name))
      .map(([name, path]) => [name, `build/${path}.d.ts`]),
  ),
  external: modules.external,
  plugins: [declaredTypeScript, dts()],
  output: {
    dir: 'dist/cjs/types',
    format: /** @type {const} */ ('es'),
    entryFileNames: '[name].d.cts',
    /** @param {{ name: string }} chunk */
    chunkFileNames: ({ name }) => `chunks/${name.replace(/\.d$/, '')}.d.cts`,
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
