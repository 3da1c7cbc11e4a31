// @ts-check
// The test commands, each of which installs from npm what it needs:
//   npm test                   what this machine can run, in minutes; `npm test -- test/writer` those files alone
//   npm run test:unit          what needs no broker, fewer random cases: under a minute
//   npm run test:full          everything at its full length, part by part
//   npm run test:runtimes      the contract in every runtime and browser; `-- firefox bun` in these alone
// The last two take long. They go on where they were broken off, as long as the code is the same; `-- --fresh` begins
// anew.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { add, nothing, report } from './rules/left-out.mjs'

/**
 * @typedef {{ name: string, args: string[], env?: Record<string, string> }} Part one run of vitest
 * @typedef {import('./rules/left-out.mjs').Outcome & { seconds: number }} Result
 */

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const [mode = '', ...rest] = process.argv.slice(2)
const modes = { usual, unit, full, runtimes }
if (!(mode in modes)) throw new Error(`node test/run.mjs ${Object.keys(modes).join(' | ')}`)
const fresh = rest.includes('--fresh')
modes[/** @type {keyof typeof modes} */ (mode)](rest.filter(arg => arg !== '--fresh'))

/** @param {string[]} args */
function unit(args) {
  install('.')
  vitest(['--project', 'unit', ...args], { QUICK: '1' })
}

/** @param {string[]} args */
function usual(args) {
  prepare()
  vitest(args, {})
}

function full() {
  prepare({ everything: true })
  const folders = [...new Set(testFiles('test').map(path => path.slice(0, path.lastIndexOf('/') + 1)))]
  const units = folders.map(folder => ({ name: folder, args: ['--project', 'unit', folder] }))
  const others = testFiles('e2e').map(path => ({ name: path, args: ['--project', 'e2e*', path] }))
  inParts([...units, ...others].map(part => ({ ...part, env: { FULL: '1' } })))
}

/** @param {string[]} names */
function runtimes(names) {
  prepare({ everything: true })
  const all = ['node20', 'node22', 'node24', 'node26', 'deno', 'bun', 'workerd', 'chromium', 'firefox', 'webkit']
  const contract = 'e2e/runtimes/contract.test.ts'
  const columns = (names.length > 0 ? names : all).map(name => ({
    name: `${contract} in ${name}`,
    args: ['--project', 'e2e*', contract],
    env: { RUNTIMES: name },
  }))
  const files = [...testFiles('e2e/runtimes'), ...testFiles('e2e/browser')].filter(path => path !== contract)
  const others = files.map(path => ({ name: path, args: ['--project', 'e2e*', path], env: { RUNTIMES: 'all' } }))
  inParts(names.length > 0 ? columns : [...columns, ...others])
}

/** @param {string} folder */
function testFiles(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => name.replaceAll('\\', '/'))
  return names
    .filter(name => name.endsWith('.test.ts') && !name.includes('node_modules'))
    .map(name => `${folder}/${name}`)
    .sort()
}

// Installing -----------------------------------------------------------------------------------------------------------------------------

/** What all but the unit tests need. `everything`: the other versions of Node, too. */
function prepare({ everything = false } = {}) {
  install('.')
  install('bench')
  install('e2e/runtimes', { everything })
  install('e2e/kafkajs/apps')
  if (everything) install('e2e/package/tools')
  run('npm', ['run', 'build', '--silent'])
}

/**
 * Installs a folder's packages unless they are there. Where that fails, tests are left out and say so; under CI it may
 * not fail.
 */
function install(/** @type {string} */ folder, { everything = true } = {}) {
  const { dependencies, devDependencies } = json(`${folder}/package.json`)
  const locked = json(`${folder}/package-lock.json`).packages
  const wanted = Object.keys({ ...dependencies, ...(everything ? devDependencies : {}) })
  const isThere = (/** @type {string} */ name) => {
    const path = `${folder}/node_modules/${name}/package.json`
    return existsSync(path) && json(path).version === locked[`node_modules/${name}`].version
  }
  if (wanted.every(isThere)) return
  console.log(`npm ci in ${folder}`)
  const args = ['ci', '--prefix', folder, '--no-audit', '--no-fund', ...(everything ? [] : ['--omit=dev'])]
  const { status } = spawnSync('npm', args, { stdio: 'inherit' })
  if (status !== 0 && (folder === '.' || process.env['CI'] === 'true')) process.exit(1)
}

/** @param {string} path */
function json(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}

// Running --------------------------------------------------------------------------------------------------------------------------------

/** @param {string} command @param {string[]} args @param {Record<string, string>} [env] */
function run(command, args, env = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...env } })
  if (error !== undefined) throw error
  if (status !== 0) process.exit(status ?? 1)
}

/** @param {string[]} args @param {Record<string, string>} env */
function vitest(args, env) {
  run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...args], env)
}

/** Runs one part after another, whatever fails; then reports all of them. @param {Part[]} parts */
function inParts(parts) {
  const memory = `.cache/test-${mode}.json`
  const code = fingerprint()
  mkdirSync('.cache', { recursive: true })
  /** @type {{ code: string, passed: Record<string, Result> }} */
  let known = { code, passed: {} }
  if (!fresh && existsSync(memory) && json(memory).code === code) known = json(memory)
  /** @type {[name: string, result: Result][]} */
  const results = []
  for (const [at, part] of parts.entries()) {
    const before = known.passed[part.name]
    console.log(`\n=== ${at + 1} of ${parts.length}: ${part.name}${before === undefined ? '' : ': passed before'}`)
    const result = before ?? runPart(part)
    results.push([part.name, result])
    if (result.failed > 0) continue
    known.passed[part.name] = result
    writeFileSync(memory, JSON.stringify(known))
  }
  reportParts(results)
}

/** @param {Part} part @returns {Result} */
function runPart({ args, env }) {
  const tally = `.cache/tally-${process.pid}.json`
  rmSync(tally, { force: true })
  const from = performance.now()
  spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...env, TALLY: tally },
  })
  const outcome = existsSync(tally) ? json(tally) : { ...nothing(), failed: 1 }
  rmSync(tally, { force: true })
  return { ...outcome, seconds: Math.round((performance.now() - from) / 1000) }
}

/** @param {[name: string, result: Result][]} results */
function reportParts(results) {
  const total = nothing()
  let seconds = 0
  console.log('')
  for (const [name, result] of results) {
    add(total, result)
    seconds += result.seconds
    const { passed, failed, skipped } = result
    console.log(
      `${failed > 0 ? '✗' : '✓'} ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped, ${result.seconds} s`,
    )
  }
  console.log(
    `\n${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${Math.round(seconds / 60)} minutes`,
  )
  console.log(report(total))
  if (total.failed > 0) process.exit(1)
}

/** Differs when the code does; what the tests write into docs is left aside. */
function fingerprint() {
  const git = (/** @type {string[]} */ ...args) =>
    spawnSync('git', args, { encoding: 'utf8', maxBuffer: 1 << 28 }).stdout ?? ''
  const where = ['--', '.', ':!docs']
  const state = [git('rev-parse', 'HEAD'), git('diff', 'HEAD', ...where), git('status', '--porcelain', ...where)]
  return createHash('sha256').update(state.join()).digest('hex')
}
