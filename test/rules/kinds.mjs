// @ts-check
import { parseSync, Visitor } from 'oxc-parser'

/**
 * What of docs/kinds.md is not so: a kind with fewer than two tests, and files and titles that there are not. Titles
 * are named as they stand in the source; one that ends with … is the beginning of one.
 * @param {string} page
 * @param {(path: string) => string | undefined} read the text of a file; undefined where there is none
 * @returns {string[]} one line for each offence
 */
export function kindsProblems(page, read) {
  /** @type {string[]} */
  const problems = []
  /** @type {Map<string, readonly string[] | undefined>} */
  const known = new Map()
  const kinds = kindsOf(page)
  if (kinds.length === 0) return ['docs/kinds.md has no table of kinds']
  for (const { kind, tests } of kinds) {
    if (new Set(tests.map(({ path, title }) => `${path} ${title}`)).size < 2)
      problems.push(`docs/kinds.md: fewer than two tests of "${kind}"`)
    for (const { path, title } of tests) {
      if (!known.has(path)) {
        const text = read(path)
        known.set(path, text === undefined ? undefined : titlesOf(path, text))
      }
      const titles = known.get(path)
      if (titles === undefined) problems.push(`docs/kinds.md: there is no ${path}`)
      else if (!titles.some(each => isTitle(title, each)))
        problems.push(`docs/kinds.md: ${path} has no test "${title}"`)
    }
  }
  return problems
}

/** @param {string} page */
function kindsOf(page) {
  return [...page.matchAll(/^\| ([^|]+) \| (`[^|]+) \|$/gm)].map(([, kind = '', cell = '']) => {
    let path = ''
    /** @type {{ path: string, title: string }[]} */
    const tests = []
    for (const [, file, title] of cell.matchAll(/`([^`]+)`|“([^”]+)”/g)) {
      if (file !== undefined) path = file
      if (title !== undefined) tests.push({ path, title })
    }
    return { kind, tests }
  })
}

/** @param {string} named @param {string} title */
function isTitle(named, title) {
  return named.endsWith('…') ? title.startsWith(named.slice(0, -1)) : named === title
}

/**
 * What calls in a file are given for their first argument, of texts alone: the titles of its tests among it.
 * @param {string} path @param {string} text
 */
function titlesOf(path, text) {
  const { program, errors } = parseSync(path, text)
  if (errors[0] !== undefined) throw new SyntaxError(`${path}: ${errors[0].message}`)
  /** @type {string[]} */
  const titles = []
  new Visitor({
    CallExpression({ arguments: [first] }) {
      if (first?.type === 'Literal' && typeof first.value === 'string') titles.push(first.value)
      if (first?.type === 'TemplateLiteral') titles.push(text.slice(first.start + 1, first.end - 1))
    },
  }).visit(program)
  return titles
}
