// `npm run test:runtimes`: installs the runtimes if they are not there, and runs every contract suite in every runtime and browser on every
// kind of broker, then what each adapter and each browser owes besides. Says what the machine lacks, and writes docs/runtimes.md.
// `npm run test:runtimes -- firefox bun` runs the suites in these alone, and writes their columns.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('../..', import.meta.url)))

/** @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
function run(command, args, env = process.env) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', env })
  if (error !== undefined) throw error
  if (status !== 0) process.exit(status ?? 1)
}

const names = process.argv.slice(2)
const files = names.length > 0 ? ['e2e/runtimes/contract.test.ts'] : ['e2e/runtimes', 'e2e/browser']
if (!existsSync('e2e/runtimes/node_modules')) run('npm', ['ci', '--prefix', 'e2e/runtimes'])
if (names.length === 0) run('npm', ['run', 'build', '--silent'])
run('node_modules/.bin/vitest', ['run', '--project', 'e2e', ...files], { ...process.env, RUNTIMES: names.join() || 'all' })
