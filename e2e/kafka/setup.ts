import type { TestProject } from 'vitest/node'
import type { Lack } from '../../test/support/left-out.ts'
import { javaTool } from '../java.ts'
import { archive, isArchived } from './class-archive.ts'
import { startKafka } from './cluster.ts'
import { defaultVersion, kafkaJars, toolJars, whatIsMissing } from './install.ts'
import { brokersSeenBy, givenBrokers } from './probe.ts'
import { shareKafka } from './sharing.ts'

const versions = [defaultVersion, '3.9.2', '2.8.2']

/**
 * Before the e2e tests: fetches the jars, so that no test's time goes into a download, or says why no Kafka will be
 * started; looks at the cluster that KAFKA_BROKERS names; offers clusters that all share.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  project.provide('missing', whatIsMissing(...versions) ?? (await whatCanNotBeFetched()))

  const [given] = givenBrokers()
  const seen = given === undefined ? 0 : await brokersSeenBy(given)
  if (given !== undefined && seen === 0) throw new Error(`no Kafka answers at ${given} (KAFKA_BROKERS)`)
  project.provide('givenNodes', seen)

  const { url, close } = await shareKafka()
  project.provide('sharedKafka', url)
  return close
}

/** Of what a broker loads, and of what reads from it. */
async function archiveClasses(libs: string, tools: string): Promise<void> {
  const run = async (flags: readonly string[]): Promise<void> => {
    const cluster = await startKafka({ flags })
    const args = ['--bootstrap-server', cluster.brokers.join(), '--topic', 'none', '--timeout-ms', '1000']
    const program = 'org.apache.kafka.tools.consumer.ConsoleConsumer'
    try {
      await archive(tools, flag => javaTool(program, args, '', [flag]))
      await cluster.nodes[0]!.kill('SIGTERM')
    } finally {
      await cluster.stop()
    }
  }
  await (isArchived(libs) ? run([]) : archive(libs, flag => run([flag]))).catch(error =>
    console.warn('Java goes without an archive of classes', error),
  )
}

async function whatCanNotBeFetched(): Promise<Lack | null> {
  try {
    const [[libs], tools] = await Promise.all([Promise.all(versions.map(kafkaJars)), toolJars()])
    if (!isArchived(libs!) || !isArchived(tools)) await archiveClasses(libs!, tools)
    return null
  } catch (error) {
    if (process.env['CI'] === 'true') throw error
    console.warn(error)
    return { why: 'Maven could not fetch Kafka', command: 'npm test' }
  }
}
