import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Lack } from '../../test/support/left-out.ts'

const run = promisify(execFile)

/** The Kafka the tests run on unless they name another, and the Java console tools beside it. */
export const defaultVersion = '4.4.0'
const toolsVersion = '4.3.1'

/** Where downloads stay between runs. */
export const cacheDirectory = process.env['ISOKAFKA_CACHE'] ?? join(homedir(), '.cache', 'isokafka')

/** What must be installed before Kafka of these versions can be run here; null when nothing. */
export function whatIsMissing(...versions: readonly string[]): Lack | null {
  const packages: string[] = []
  if (!works('java', '-version')) packages.push('openjdk-17-jre-headless')
  // Once the jars are here Maven is not needed any more.
  const wanted = versions.length === 0 ? [defaultVersion] : versions
  if (!wanted.every(version => existsSync(libsDirectory('kafka', version))) && !works('mvn', '-version'))
    packages.push('maven')
  if (packages.length === 0) return null
  const names = packages.map(name => (name === 'maven' ? 'Maven' : 'Java'))
  return { why: `a real Kafka needs ${names.join(' and ')}`, command: `apt-get install -y ${packages.join(' ')}` }
}

function works(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

/** The directory of a Kafka server's jars, fetched from Maven Central the first time. */
export function kafkaJars(version: string = defaultVersion): Promise<string> {
  return jars('kafka', version, `kafka_2.13`)
}

/** The directory with Kafka's own command line tools. */
export function toolJars(): Promise<string> {
  return jars('tools', toolsVersion, 'kafka-tools')
}

function libsDirectory(name: string, version: string): string {
  return join(cacheDirectory, `${name}-${version}`, 'libs')
}

async function jars(name: string, version: string, artifact: string): Promise<string> {
  const libs = libsDirectory(name, version)
  if (existsSync(libs)) return libs
  await mkdir(cacheDirectory, { recursive: true })
  // Fetched beside and renamed: a directory under the final name is whole, however the fetch ends and whoever else
  // fetches.
  const partial = await mkdtemp(join(cacheDirectory, `.${name}-${version}-`))
  try {
    await writeFile(join(partial, 'pom.xml'), pom(artifact, version))
    const args = ['-q', '-B', '-f', join(partial, 'pom.xml'), 'dependency:copy-dependencies', '-DincludeScope=runtime']
    await run('mvn', [...args, `-DoutputDirectory=${join(partial, 'libs')}`], { timeout: 300_000 })
    await rename(partial, join(libs, '..'))
  } catch (error) {
    if (!existsSync(libs)) throw new Error(`Maven could not fetch ${artifact} ${version}`, { cause: error })
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
  return libs
}

function pom(artifact: string, version: string): string {
  return `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>isokafka</groupId>
  <artifactId>e2e</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>
  </dependencies>
</project>
`
}
