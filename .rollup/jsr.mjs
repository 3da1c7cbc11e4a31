// @ts-check
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

// What JSR is given, for Deno: there is no choosing between runtimes there, so that all else installs from npm.

/** As package.json's exports name them. */
const entries = {
  '.': 'index',
  './protocol': 'protocol',
  './schema': 'schema',
  './broker': 'broker',
  './memory': 'memory',
  './listen': 'listen',
  './deno': 'deno',
  './websocket': 'websocket',
  './bridge/fetch': 'fetch',
  './kafkajs': 'kafkajs',
}

/** Makes build/jsr of dist: the modules, each naming its declarations, and these without what JSR refuses. */
export function jsrPackage() {
  const folder = 'build/jsr'
  const { version, license, dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const name of ['README.md', 'LICENSE']) cpSync(name, join(folder, name))
  cpSync('dist/chunks', join(folder, 'chunks'), { recursive: true })
  const modules = new Set([...Object.values(entries), 'crc32c'])
  for (const name of modules) {
    const types = name === 'crc32c' ? '' : `/* @ts-self-types="./types/${name}.d.ts" */\n`
    writeFileSync(join(folder, `${name}.js`), types + readFileSync(`dist/${name}.js`, 'utf8'))
  }
  for (const name of readdirSync('dist/cjs/types', { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.cts')) continue
    const to = join(folder, 'types', name.replace('.d.cts', '.d.ts'))
    mkdirSync(dirname(to), { recursive: true })
    const text = readFileSync(join('dist/cjs/types', name), 'utf8').replace(/^\/\/\/ <reference.*\n/gm, '')
    writeFileSync(to, text.replace(/(from |import |import\()(['"])(\.[^'"]+)\.cjs\2/g, '$1$2$3.d.ts$2'))
  }
  const needed = Object.entries(dependencies).map(([name, range]) => [name, `npm:${name}@${range}`])
  const settings = {
    name: '@isokafka/isokafka',
    version,
    license,
    exports: Object.fromEntries(Object.entries(entries).map(([path, name]) => [path, `./${name}.js`])),
    imports: { ...Object.fromEntries(needed), '#adapter': './deno.js', '#crc32c': './crc32c.js' },
  }
  writeFileSync(join(folder, 'jsr.json'), `${JSON.stringify(settings, null, 2)}\n`)
}
