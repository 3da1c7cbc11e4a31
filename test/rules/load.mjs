// @ts-check
// Loads each entry of dist that runs everywhere, in a world that has nothing but the language: no timers, no crypto, no
// Date. Whatever is created while a module loads fails here as it would in the global scope of a Worker.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import vm from 'node:vm'
import { rollup } from 'rollup'

/**
 * Runs a module and all it imports in a bare context; throws what it throws.
 * @param {string} input path of an ES module
 * @param {import('rollup').Plugin[]} [plugins]
 */
export async function loadBare(input, plugins = []) {
  const bundle = await rollup({
    input,
    external: id => !id.startsWith('.') && !id.startsWith('/'),
    plugins,
    onwarn() {},
  })
  const { output } = await bundle.generate({
    format: 'iife',
    name: 'loaded',
    globals: () => '({})',
    sourcemap: false,
    inlineDynamicImports: true,
  })
  await bundle.close()
  const context = vm.createContext({})
  vm.runInContext(
    `for (const name of ['WebAssembly', 'Date', 'Promise', 'SharedArrayBuffer', 'Atomics']) {
      const refuse = () => { throw new Error(name + ' is used while the module loads') }
      globalThis[name] = new Proxy(function () {}, { apply: refuse, construct: refuse, get: refuse })
    }
    Math.random = () => { throw new Error('Math.random is used while the module loads') }`,
    context,
  )
  vm.runInContext(output[0].code, context, { filename: input })
}

/**
 * All that Node loads with a file of dist, packages and its own modules included.
 * @param {string} file
 */
export function loadedWith(file) {
  const loaded = new Set([file])
  for (const each of loaded) {
    if (!each.startsWith('dist/')) continue
    for (const [, name = ''] of readFileSync(each, 'utf8').matchAll(/^(?:(?:import|export) .*from|import) '([^']+)'/gm))
      loaded.add(name === '#adapter' ? 'dist/node.js' : name.startsWith('.') ? join(dirname(each), name) : name)
  }
  return loaded
}

/** What some programs need, and those that do load when they do: it takes as long as half of all else. */
const late = ['fflate', 'node:tls']

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8'))
  for (const [subpath, entry] of Object.entries(exports)) {
    // Those import what their runtimes alone have.
    if (['./node', './deno', './bun', './listen', './bridge', './package.json'].includes(subpath)) continue
    for (const name of late)
      if (loadedWith(join(entry.default)).has(name)) {
        console.error(`${entry.default}: loads ${name} at once`)
        process.exitCode = 1
      }
    try {
      await loadBare(entry.default)
    } catch (error) {
      console.error(`${entry.default}: ${/** @type {Error} */ (error).stack}`)
      process.exitCode = 1
    }
  }
}
