// `npm run test:runtimes`: installs the runtimes if they are not there, says what the machine lacks, runs every contract suite in every
// runtime against every kind of broker, and writes docs/runtimes.md.
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

if (!existsSync('e2e/runtimes/node_modules')) run('npm', ['ci', '--prefix', 'e2e/runtimes'])
for (const [program, what] of Object.entries({
  java: 'a real Kafka (Debian: openjdk-17-jre-headless)',
  chromium: 'the browser (Debian: chromium)',
})) {
  if (spawnSync(program, ['-version']).error !== undefined) console.warn(`${program} is not installed: skipping ${what}`)
}
run('npm', ['run', 'build', '--silent'])
run('node_modules/.bin/vitest', ['run', '--project', 'e2e', 'e2e/runtimes'], { ...process.env, RUNTIMES: 'all' })
