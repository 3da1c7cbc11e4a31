// @ts-check
// The rules on imports, read from docs/design.md, on time and chance, and on what docs/kinds.md names: `npm run check` and
// the build end here when one is broken.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chanceProblems } from './chance.mjs'
import { foldersOf, importProblems } from './imports.mjs'
import { kindsProblems } from './kinds.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** @param {string} path */
const read = path => readFileSync(join(root, path), 'utf8')

/** @type {Map<string, string>} */
const files = new Map()
for (const folder of ['src', 'adapters']) {
  for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.ts')) files.set(`${folder}/${name}`, read(`${folder}/${name}`))
  }
}
const folders = foldersOf(read('docs/design.md'))
if (folders.length === 0) throw new Error('docs/design.md has no table of folders')
const dependencies = Object.keys(JSON.parse(read('package.json')).dependencies ?? {})

const problems = [
  ...importProblems(files, { folders, dependencies }),
  ...chanceProblems(files),
  ...kindsProblems(read('docs/kinds.md'), path => (existsSync(join(root, path)) ? read(path) : undefined)),
]
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exit(1)
