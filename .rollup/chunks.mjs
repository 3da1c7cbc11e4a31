// @ts-check
// Which file of dist a module goes to. What several entries need is in few files, for Node to open few, and cut where a bundler that splits
// code, which moves whole files, would have a Writer load what it does not need at first. What a file has too much, bundlers drop (see
// sources.mjs).
import { resolve } from 'node:path'
import { rollup } from 'rollup'
import { unused } from './sources.mjs'

const build = resolve('build')
/** What is first loaded when it is needed: transactions, compressors. */
const late = /build\/src\/(?:writer\/(transactions)\/open|compression\/(gzip|snappy|lz4|zstd)-compress)\.js$/

const codecs = new Set(['gzip', 'snappy', 'lz4', 'zstd'])

/** What does not name `#adapter` of what a Writer loads at first, and of the rest. */
const lower = { writing: 'base', reading: 'common' }

/** @returns {Promise<import('rollup').ManualChunksOption>} */
export async function chunks() {
  /** @type {Map<string, string>} */
  const places = new Map()
  const writer = await writerFiles()
  /** @type {Map<string, string[]>} */
  const wanted = new Map()
  for (const { modules, root } of writer)
    for (const id of modules) wanted.set(id, [...(wanted.get(id) ?? []), late.exec(root)?.slice(1).find(Boolean) ?? ''])
  for (const [id, roots] of wanted) {
    if (roots.length > 1 && !roots.includes('')) places.set(id, 'compression')
    else places.set(id, roots.includes('') ? 'writing' : /** @type {string} */ (roots[0]))
  }
  let isPlanned = false
  return (id, { getModuleInfo }) => {
    if (!isPlanned) {
      isPlanned = true
      complete(places, getModuleInfo)
    }
    const place = places.get(id)
    if (place !== 'writing' && place !== 'reading') return place
    // Adapters import the lower ones, and are imported by the others.
    const isLower = !reachOf(id, getModuleInfo).some(each => each.startsWith('#'))
    return isLower ? lower[place] : place
  }
}

/**
 * Puts what else the package's main entry needs in its place.
 * @param {Map<string, string>} places @param {import('rollup').GetModuleInfo} infoOf
 */
function complete(places, infoOf) {
  const index = `${build}/src/index.js`
  // What the entry exports: whatever it imports itself is loaded at first.
  for (const id of infoOf(index)?.importedIds ?? []) if (places.has(id)) places.set(id, 'writing')
  // What both kinds of checksums need is with neither: `#crc32c` has files of its own.
  for (const id of reachOf(`${build}/src/bytes/crc32c-plain.js`, infoOf)) places.set(id, 'checksums')
  // What a codec's halves share comes with each of them, and must not bring the other.
  for (const id of reachOf(index, infoOf)) if (codecs.has(places.get(id) ?? '')) places.set(id, 'compression')
  // What they import and make no use of goes with them: it imports some of them in turn.
  for (const [id, place] of [...places]) {
    if (place !== 'writing') continue
    for (const next of reachOf(id, infoOf))
      if (next.startsWith(build) && places.get(next) !== 'checksums') places.set(next, 'writing')
  }
  for (const id of reachOf(index, infoOf)) {
    if (id !== index && id.startsWith(build) && !places.has(id)) places.set(id, 'reading')
  }
}

/**
 * What a program with nothing but a Writer has in it, and what that loads later: the modules, each from where they are
 * loaded, that something is left of.
 */
async function writerFiles() {
  const bundle = await rollup({
    input: `${build}/src/writer/writer.js`,
    plugins: [unused],
    external: id => !id.startsWith('.') && !id.startsWith('/'),
    treeshake: { moduleSideEffects: false },
  })
  const { output } = await bundle.generate({ format: 'es' })
  await bundle.close()
  const files = output.flatMap(file => (file.type === 'chunk' ? [file] : []))
  const roots = files.filter(({ isEntry, isDynamicEntry }) => isEntry || isDynamicEntry)
  return roots.map(root => {
    const loaded = new Set([root.fileName])
    for (const name of loaded) for (const next of named(name)?.imports ?? []) loaded.add(next)
    const modules = [...loaded].flatMap(name => Object.entries(named(name)?.modules ?? {}))
    return {
      root: root.facadeModuleId ?? '',
      modules: modules.filter(([, { renderedLength }]) => renderedLength > 0).map(([id]) => id),
    }
  })

  /** @param {string} name */
  function named(name) {
    return files.find(({ fileName }) => fileName === name)
  }
}

/**
 * Everything that a module imports, and what these import.
 * @param {string} id @param {import('rollup').GetModuleInfo} infoOf
 */
function reachOf(id, infoOf) {
  const reached = new Set([id])
  for (const each of reached) for (const next of infoOf(each)?.importedIds ?? []) reached.add(next)
  return [...reached]
}
