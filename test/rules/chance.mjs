// @ts-check
import { parseSync, Visitor } from 'oxc-parser'

/** Where time, chance and later turns come into the library from outside; nowhere else. */
const sources = ['src/base/clock.ts', 'src/transport/defer.ts']

const timers = new Set(['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance'])

/**
 * Time and chance that a file takes from the runtime instead of from its clock: with those, no run can be had again.
 * @param {ReadonlyMap<string, string>} files source text by path
 * @returns {string[]} one line for each offence
 */
export function chanceProblems(files) {
  /** @type {string[]} */
  const problems = []
  for (const [path, text] of files) {
    if (sources.includes(path) || path.endsWith('.d.ts')) continue
    if (!path.startsWith('src/') && !path.startsWith('adapters/memory/')) continue
    for (const name of used(path, text))
      problems.push(`${path} uses ${name}: time and chance come from the clock (src/base/clock.ts)`)
  }
  return problems
}

/** @param {string} path @param {string} text */
function used(path, text) {
  const { program } = parseSync(path, text)
  /** @type {Set<string>} */
  const names = new Set()
  const see = (/** @type {any} */ object, /** @type {any} */ property) => {
    const name = `${object?.name}.${property?.name ?? property?.value}`
    if (/^(Math\.random|Date\.now|crypto\.(getRandomValues|randomUUID))$/.test(name)) names.add(name)
  }
  new Visitor({
    MemberExpression: ({ object, property }) => see(object, property),
    Identifier: ({ name }) => void (timers.has(name) && names.add(name)),
    NewExpression({ callee, arguments: given }) {
      if (/** @type {any} */ (callee).name === 'Date' && given.length === 0) names.add('new Date()')
    },
    CallExpression({ callee }) {
      if (/** @type {any} */ (callee).name === 'Date') names.add('Date()')
    },
    VariableDeclarator({ id, init }) {
      // const { random } = Math
      if (id.type !== 'ObjectPattern') return
      for (const property of id.properties) if ('key' in property) see(init, property.key)
    },
  }).visit(program)
  return names
}
