import type { TestProject } from 'vitest/node'
import { full } from '../full.ts'
import { defaultVersion, kafkaJars, toolJars, whatIsMissing } from './install.ts'
import { brokersSeenBy, givenBrokers } from './probe.ts'

/**
 * Before the e2e tests: fetches the jars, so that no test's time goes into a download, or says why no Kafka will be started; looks at the
 * cluster that KAFKA_BROKERS names.
 */
export default async function setup(project: TestProject): Promise<void> {
  const versions = [defaultVersion, '2.8.2', ...(full ? ['3.9.2'] : [])]
  const missing = whatIsMissing(...versions)
  if (missing !== null) console.warn(`\nSkipping the tests that start a real Kafka: ${missing}\n`)
  else await Promise.all([...versions.map(kafkaJars), toolJars()])
  project.provide('missing', missing)

  const [given] = givenBrokers()
  const seen = given === undefined ? 0 : await brokersSeenBy(given)
  if (given !== undefined && seen === 0) throw new Error(`no Kafka answers at ${given} (KAFKA_BROKERS)`)
  project.provide('givenNodes', seen)
}
