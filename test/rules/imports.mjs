// @ts-check
import { posix } from 'node:path'
import { parseSync } from 'oxc-parser'

/**
 * What the imports of the tree break of the house's rules (docs/design.md).
 * @param {ReadonlyMap<string, string>} files source text by path, as `src/base/errors.ts`
 * @param {{ folders: readonly string[], dependencies: readonly string[] }} rules the folders of src from the highest down; the packages
 *   we depend on
 * @returns {string[]} one line for each offence
 */
export function importProblems(files, { folders, dependencies }) {
  /** @type {string[]} */
  const problems = []
  /** Without imports of types alone: those are gone at run time, and two files may well speak of each other. @type {Map<string, string[]>} */
  const graph = new Map()
  for (const [path, text] of files) {
    /** @type {string[]} */
    const targets = []
    graph.set(path, targets)
    for (const [name, isType] of imported(path, text)) {
      const target = name.startsWith('.') ? posix.join(posix.dirname(path), name) : undefined
      if (target !== undefined && !isType) targets.push(target)
      const reason = target === undefined ? refusePackage(path, name, dependencies) : refuseFile(path, target, files, folders)
      if (reason !== undefined) problems.push(`${path} imports ${name}: ${reason}`)
    }
  }
  return [...problems, ...cycles(graph)]
}

/**
 * What a module imports and re-exports, and whether types alone.
 * @param {string} path
 * @param {string} text
 */
function imported(path, text) {
  const { module, errors } = parseSync(path, text)
  if (errors[0] !== undefined) throw new SyntaxError(`${path}: ${errors[0].message}`)
  /** @type {Map<string, boolean>} */
  const names = new Map()
  /** @param {string} name @param {boolean} isType */
  const add = (name, isType) => names.set(name, isType && (names.get(name) ?? true))
  for (const { moduleRequest, entries } of module.staticImports) {
    add(moduleRequest.value, entries.length > 0 && entries.every(entry => entry.isType))
  }
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest, isType } of entries) if (moduleRequest) add(moduleRequest.value, isType)
  }
  for (const { moduleRequest } of module.dynamicImports) add(text.slice(moduleRequest.start + 1, moduleRequest.end - 1), false)
  return names
}

/** @param {string} path @param {string} name @param {readonly string[]} dependencies */
function refusePackage(path, name, dependencies) {
  if (name === '#adapter')
    return /^(src\/transport|adapters\/bridge)\//.test(path) ? undefined : 'only src/transport and adapters/bridge may'
  if (name === '#crc32c') return undefined
  if (dependencies.includes(name)) return undefined
  if (path.startsWith('src/')) return 'not a dependency; src knows no runtime'
  if (name === 'cloudflare:sockets') return path.startsWith('adapters/cloudflare/') ? undefined : 'only adapters/cloudflare may'
  return name.startsWith('node:') ? undefined : 'not a dependency'
}

/** @param {string} path @param {string} target @param {ReadonlyMap<string, string>} files @param {readonly string[]} folders */
function refuseFile(path, target, files, folders) {
  if (!files.has(target)) return 'no such file (with its extension) in src or adapters'
  const [root, folder = ''] = path.split('/')
  const [targetRoot, targetFolder = ''] = target.split('/')
  if (root === 'adapters') {
    // The command line and the bridge put the pieces together; what several adapters need is in adapters/shared.
    return targetRoot === 'src' || targetFolder === folder || targetFolder === 'shared' || folder === 'cli' || folder === 'bridge'
      ? undefined
      : 'an adapter may not know another'
  }
  if (targetRoot !== 'src') return 'src may not know its adapters'
  if (path === 'src/index.ts') return undefined
  if (!folders.includes(folder)) return `src/${folder} is not in the table of docs/design.md`
  if (!folders.includes(targetFolder)) return `src/${targetFolder} is not in the table of docs/design.md`
  return folders.indexOf(targetFolder) <= folders.indexOf(folder) ? undefined : `src/${targetFolder} stands below src/${folder}`
}

/** @param {ReadonlyMap<string, readonly string[]>} graph */
function cycles(graph) {
  /** @type {string[]} */
  const found = []
  /** @type {Set<string>} */
  const done = new Set()
  /** @type {string[]} */
  const trail = []
  /** @param {string} path */
  const visit = path => {
    if (trail.includes(path)) found.push(`a cycle: ${[...trail.slice(trail.indexOf(path)), path].join(' -> ')}`)
    if (done.has(path)) return
    done.add(path)
    trail.push(path)
    for (const target of graph.get(path) ?? []) visit(target)
    trail.pop()
  }
  for (const path of graph.keys()) visit(path)
  return found
}

/** The folders of src in the order of design.md's table. @param {string} design */
export function foldersOf(design) {
  return [...design.matchAll(/^\| `src\/(\w+)` \|/gm)].map(match => /** @type {string} */ (match[1]))
}
