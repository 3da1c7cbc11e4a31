// @ts-check
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
const compiledTypeScript = {
  name: 'compiled-typescript',
  // With its map: ours leads from dist to the TypeScript, not to build.
  load: id => ({
    code: readFileSync(id, 'utf8').replace(/\/\/# sourceMappingURL=.*\s*$/, ''),
    map: readFileSync(`${id}.map`, 'utf8'),
  }),
  writeBundle() {
    cpSync('build', 'dist/types', { recursive: true, filter: path => !/\.(js|map)$/.test(path) })
    for (const name of readdirSync('dist/types', { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.d.ts')) continue
      const path = join('dist/types', name)
      // The compiler rewrites the extensions in the code but not in the declarations.
      writeFileSync(path, readFileSync(path, 'utf8').replace(/(from |import\()(['"])(\.[^'"]+)\.ts\2/g, '$1$2$3.js$2'))
    }
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
  plugins: [compiledTypeScript],
  output: {
    dir: 'dist',
    format: /** @type {const} */ ('es'),
    sourcemap: true,
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

// One after the other: the second adds to what the first made.
export default [modules, commonjs(modules)]
