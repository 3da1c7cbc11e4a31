import { ConfigSource, Configs } from './configs/configs.ts'
import { FetchSessions } from './fetch/fetch-sessions.ts'

/** A connection, to whom only ends it. */
interface OpenConnection {
  end(reason: Error): void
}

/** One broker of the cluster. */
export class Node {
  readonly id: number
  readonly rack: string | null
  running = true
  /** Whether it went without a goodbye when it last did; false while it runs. */
  crashed = false
  readonly configs: Configs
  readonly connections = new Set<OpenConnection>()
  readonly fetchSessions: FetchSessions

  constructor(id: number, rack: string | null, clusterConfigs: Configs) {
    this.id = id
    this.rack = rack
    this.configs = new Configs(clusterConfigs.definitions, clusterConfigs.own, ConfigSource.brokerStatic)
    this.fetchSessions = new FetchSessions(this.configs.number('max.incremental.fetch.session.cache.slots'))
  }
}
