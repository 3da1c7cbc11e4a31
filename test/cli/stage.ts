import { afterAll, beforeAll, expect } from 'vitest'
import { listen } from '../../adapters/broker/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { Client } from '../../src/client/client.ts'
import { until } from '../support/waiting.ts'
import { type ConsoleOptions, type Ended, isokafka } from './console.ts'

/** A cluster for the command line, which nobody else uses. */
export interface CliCluster {
  readonly nodes: number
  /** Where nobody is asked who he is, and everyone may do everything. */
  readonly addr: string
  /** Where one must log in; carol, once she has a password, may do everything. */
  readonly guarded: string
  stop(): Promise<void>
}

/** The command line at a cluster, once the tests have begun. */
export interface CliStage extends Omit<CliCluster, 'stop'> {
  newTopic(partitions?: number): Promise<string>
  at(args: readonly string[], options?: ConsoleOptions): Promise<Ended>
  /** What a command prints that does all it should, and says nothing besides. */
  done(...args: string[]): Promise<string>
}

/** Starts a cluster before the tests around and stops it after them. */
export function stageOf(start: () => Promise<CliCluster>): CliStage {
  let cluster: CliCluster
  let topics = 0
  beforeAll(async () => {
    cluster = await start()
  })
  afterAll(() => cluster?.stop())
  const at = (args: readonly string[], options: ConsoleOptions = {}): Promise<Ended> =>
    isokafka(args, {
      ...options,
      environment: { KAFKA_BROKERS: cluster.addr, HOME: '/nowhere', ...options.environment },
    })
  return {
    get nodes() {
      return cluster.nodes
    },
    get addr() {
      return cluster.addr
    },
    get guarded() {
      return cluster.guarded
    },
    async newTopic(numPartitions = 1) {
      const topic = `t${++topics}`
      await using client = new Client({ addr: cluster.addr })
      // Some records are from 1970.
      const configEntries = [{ configName: 'retention.ms', configValue: '-1' }]
      const { errors } = await client.createTopics({ topics: [{ topic, numPartitions, configEntries }] })
      expect(errors).toEqual({ [topic]: null })
      // A leader may not know yet that it is one, and what is written without retries fails then.
      await until(AbortSignal.timeout(10_000), async () => {
        const { topics } = await client.topicOffsets({ topics: [topic] })
        return topics[topic]?.filter(({ error }) => error === null).length === numPartitions
      })
      return topic
    },
    at,
    async done(...args) {
      const { status, output, errors } = await at(args)
      expect({ status, errors }).toEqual({ status: 0, errors: '' })
      return output
    },
  }
}

export async function embeddedCluster(nodes: number): Promise<CliCluster> {
  const broker = new Broker({
    natives,
    brokers: nodes,
    autoCreateTopics: false,
    users: { nobody: 'else' },
    superUsers: ['User:carol', 'User:ANONYMOUS'],
  })
  const listening = [await listen(broker, { sasl: false }), await listen(broker)] as const
  const [addr, guarded] = listening.map(each => each.addresses.join()) as [string, string]
  return {
    nodes,
    addr,
    guarded,
    async stop() {
      await Promise.all(listening.map(each => each.close()))
      await broker.close()
    },
  }
}
