// @ts-check
import { posix } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'

/**
 * What the imports of the tree break of its rules (docs/design.md).
 * @param {ReadonlyMap<string, string>} files source text by path, as `src/base/errors.ts`
 * @param {{ folders: readonly string[], dependencies: readonly string[] }} rules the folders of src from the highest
 *   down; the packages we depend on
 * @returns {string[]} one line for each offence
 */
export function importProblems(files, { folders, dependencies }) {
  /** @type {string[]} */
  const problems = []
  /** @type {Map<string, string[]>} */
  const graph = new Map()
  for (const [path, text] of files) {
    /** @type {string[]} */
    const targets = []
    graph.set(path, targets)
    for (const name of imported(path, text)) {
      const target = name.startsWith('.') ? posix.join(posix.dirname(path), name) : undefined
      if (target !== undefined) targets.push(target)
      const reason =
        target === undefined ? refusePackage(path, name, dependencies) : refuseFile(path, target, files, folders)
      if (reason !== undefined) problems.push(`${path} imports ${name}: ${reason}`)
    }
  }
  return [...problems, ...cycles(graph)]
}

/**
 * What a module imports and re-exports, for types alone or not.
 * @param {string} path
 * @param {string} text
 */
function imported(path, text) {
  const { module, program, errors } = parseSync(path, text)
  if (errors[0] !== undefined) throw new SyntaxError(`${path}: ${errors[0].message}`)
  /** @type {Set<string>} */
  const names = new Set()
  for (const { moduleRequest } of module.staticImports) names.add(moduleRequest.value)
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest } of entries) if (moduleRequest) names.add(moduleRequest.value)
  }
  for (const { moduleRequest } of module.dynamicImports)
    names.add(text.slice(moduleRequest.start + 1, moduleRequest.end - 1))
  // A type named where it is used: import('./a.ts').A.
  if (text.includes('import(')) new Visitor({ TSImportType: ({ source }) => names.add(source.value) }).visit(program)
  return names
}

/** @param {string} path @param {string} name @param {readonly string[]} dependencies */
function refusePackage(path, name, dependencies) {
  if (name === '#adapter')
    return /^(src\/transport|adapters\/bridge)\//.test(path) ? undefined : 'only src/transport and adapters/bridge may'
  if (name === '#crc32c') return undefined
  if (dependencies.includes(name)) return undefined
  if (path.startsWith('src/')) return 'not a dependency; src knows no runtime'
  if (name === 'cloudflare:sockets')
    return path.startsWith('adapters/cloudflare/') ? undefined : 'only adapters/cloudflare may'
  return name.startsWith('node:') ? undefined : 'not a dependency'
}

/**
 * @param {string} path @param {string} target @param {ReadonlyMap<string, string>} files @param {readonly string[]}
 * folders
 */
function refuseFile(path, target, files, folders) {
  if (!files.has(target)) return 'no such file (with its extension) in src or adapters'
  const [root, folder = ''] = path.split('/')
  const [targetRoot, targetFolder = ''] = target.split('/')
  if (root === 'adapters') {
    // The command line, the bridge and kafkajs put the pieces together; what several adapters need is in adapters/shared.
    return targetRoot === 'src' ||
      targetFolder === folder ||
      targetFolder === 'shared' ||
      folder === 'cli' ||
      folder === 'kafkajs' ||
      folder === 'bridge'
      ? undefined
      : 'an adapter may not know another'
  }
  if (targetRoot !== 'src') return 'src may not know its adapters'
  if (path === 'src/index.ts') return undefined
  if (!folders.includes(folder)) return `src/${folder} is not in the table of docs/design.md`
  if (!folders.includes(targetFolder)) return `src/${targetFolder} is not in the table of docs/design.md`
  return folders.indexOf(targetFolder) <= folders.indexOf(folder)
    ? undefined
    : `src/${targetFolder} stands below src/${folder}`
}

/**
 * One shortest cycle of every knot of files that import each other, be it for types alone: who changes one of them must
 * know them all.
 * @param {ReadonlyMap<string, readonly string[]>} graph
 */
function cycles(graph) {
  /** @type {string[]} */
  const found = []
  /** @type {Set<string>} */
  const done = new Set()
  for (const path of graph.keys()) {
    if (done.has(path)) continue
    const knot = [...reached(graph, path)].filter(target => reached(graph, target).has(path)).sort()
    for (const each of knot) done.add(each)
    if (knot.length === 0) continue
    const cycle = shortest(knot.map(each => wayBack(graph, each)))
    const others = knot.length - cycle.length + 1
    found.push(`a cycle: ${cycle.join(' -> ')}${others > 0 ? `, and ${others} files more` : ''}`)
  }
  return found
}

/**
 * The files that this one leads to; itself among them if it is in a cycle. @param {ReadonlyMap<string, readonly
 * string[]>} graph @param {string} path
 */
function reached(graph, path) {
  /** @type {Set<string>} */
  const found = new Set()
  const open = [path]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const target of graph.get(at) ?? []) {
      if (found.has(target)) continue
      found.add(target)
      open.push(target)
    }
  }
  return found
}

/**
 * The shortest way from a file in a cycle to itself. @param {ReadonlyMap<string, readonly string[]>} graph @param
 * {string} path
 */
function wayBack(graph, path) {
  /** @type {Set<string>} */
  const seen = new Set()
  let ways = [[path]]
  for (;;) {
    /** @type {string[][]} */
    const longer = []
    for (const way of ways) {
      for (const target of graph.get(/** @type {string} */ (way.at(-1))) ?? []) {
        if (target === path) return [...way, path]
        if (!seen.has(target)) longer.push([...way, target])
        seen.add(target)
      }
    }
    ways = longer
  }
}

/** @param {readonly string[][]} ways @returns {string[]} */
function shortest(ways) {
  return ways.reduce((least, way) => (way.length < least.length ? way : least))
}

/** The folders of src in the order of design.md's table. @param {string} design */
export function foldersOf(design) {
  return [...design.matchAll(/^\| `src\/(\w+)` \|/gm)].map(match => /** @type {string} */ (match[1]))
}
