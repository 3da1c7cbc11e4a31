import type { TestProject } from 'vitest/node'
import { kafkaJars, toolJars, whatIsMissing } from './install.ts'

/** Before the e2e tests: fetches the jars, so that no test's time goes into a download, or says why there will be no Kafka. */
export default async function setup(project: TestProject): Promise<void> {
  const missing = whatIsMissing()
  if (missing !== null && process.env['CI'] === 'true') throw new Error(missing)
  if (missing !== null) console.warn(`\nSkipping the tests on a real Kafka. ${missing}\n`)
  else await Promise.all([kafkaJars(), toolJars()])
  project.provide('missing', missing)
}
