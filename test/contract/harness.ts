import type { Natives, SocketAdapter } from '../../src/socket/socket.ts'
import { type Assert, assert } from './assert.ts'

// Contract suites say what the library does against a cluster, in every runtime: they import no test runner and no
// runtime. A runtime's entry file calls `collect` or `run`; vitest wraps `collect`.

/** What a cluster may have, or a runtime lend, that not every one does. */
export type Capability =
  | 'three-nodes'
  | 'kafka'
  | 'embedded'
  | 'native-gzip'
  | 'native-zstd'
  | 'await-using'
  | 'consumer-groups'
  | 'classic-groups-alone'

export interface ClusterUnderTest {
  readonly brokers: readonly string[]
  readonly kind: 'kafka' | 'embedded'
  /** Of Kafka, as `4.4.0`. */
  readonly version: string
  readonly nodes: number
}

export interface TestContext {
  /** Aborted when the test's time is up. */
  readonly signal: AbortSignal
  /** A topic or group name nobody else has. */
  unique(prefix: string): string
}

export interface TestOptions {
  /** Milliseconds; 30,000 by default. */
  timeoutMs?: number
  /** The test is skipped where one of these is missing. */
  needs?: readonly Capability[]
}

export interface Contract {
  test(name: string, body: (t: TestContext) => Promise<void>, options?: TestOptions): void
  readonly assert: Assert
  readonly cluster: ClusterUnderTest
  readonly adapter: SocketAdapter
  readonly natives: Natives
}

/** One room's behaviour: calls `contract.test` once for each case. */
export type Suite = (contract: Contract) => void

export type Environment = Pick<Contract, 'cluster' | 'adapter' | 'natives'>

export interface Case {
  readonly name: string
  readonly timeoutMs: number
  /** What is lacking, if the case can't run there. */
  readonly missing: readonly Capability[]
  run(): Promise<void>
}

/** The cases of the suites in this environment, in the order declared. */
export function collect(suites: Readonly<Record<string, Suite>>, environment: Environment): Case[] {
  const cases: Case[] = []
  const present = capabilities(environment)
  for (const [room, suite] of Object.entries(suites)) {
    suite({
      ...environment,
      assert,
      test(name, body, { timeoutMs = 30_000, needs = [] } = {}) {
        cases.push({
          name: `${room}: ${name}`,
          timeoutMs,
          missing: needs.filter(need => !present.includes(need)),
          run: () => withDeadline(body, timeoutMs),
        })
      },
    })
  }
  return cases
}

function capabilities({ cluster, natives }: Environment): Capability[] {
  const present: Capability[] = [cluster.kind]
  if (cluster.nodes >= 3) present.push('three-nodes')
  // KIP-848.
  present.push(Number.parseInt(cluster.version, 10) >= 4 ? 'consumer-groups' : 'classic-groups-alone')
  for (const name of ['gzip', 'zstd'] as const) if (natives.codecs?.[name] !== undefined) present.push(`native-${name}`)
  // WebKit has no Symbol.asyncDispose yet.
  if ('asyncDispose' in Symbol) present.push('await-using')
  return present
}

async function withDeadline(body: (t: TestContext) => Promise<void>, timeoutMs: number): Promise<void> {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`not done after ${timeoutMs} ms`)
      controller.abort(error)
      reject(error)
    }, timeoutMs)
  })
  try {
    await Promise.race([body({ signal: controller.signal, unique }), deadline])
  } finally {
    clearTimeout(timer)
  }
}

function unique(prefix: string): string {
  return `${prefix}-${Date.now().toString(36)}-${Math.floor(Math.random() * 2 ** 40).toString(36)}`
}

export interface Results {
  passed: number
  skipped: number
  failures: { name: string; error: unknown }[]
}

/** Runs the suites one case after another: for runtimes without a test runner. */
export async function run(
  suites: Readonly<Record<string, Suite>>,
  environment: Environment,
  print: (line: string) => void,
): Promise<Results> {
  const results: Results = { passed: 0, skipped: 0, failures: [] }
  for (const { name, missing, run } of collect(suites, environment)) {
    if (missing.length > 0) {
      results.skipped++
      print(`skip ${name}: needs ${missing.join(', ')}`)
      continue
    }
    try {
      await run()
      results.passed++
      print(`ok   ${name}`)
    } catch (error) {
      results.failures.push({ name, error })
      print(`FAIL ${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    }
  }
  print(`${results.passed} passed, ${results.failures.length} failed, ${results.skipped} skipped`)
  return results
}
