import { ConfigSource, Configs } from './configs/configs.ts'
import type { Connection } from './connection.ts'
import { FetchSessions } from './fetch/fetch-sessions.ts'

/** One broker of the cluster. */
export class Node {
  readonly id: number
  readonly rack: string | null
  running = true
  readonly configs: Configs
  readonly connections = new Set<Connection>()
  readonly fetchSessions: FetchSessions

  constructor(id: number, rack: string | null, clusterConfigs: Configs) {
    this.id = id
    this.rack = rack
    this.configs = new Configs(clusterConfigs.definitions, clusterConfigs.own, ConfigSource.brokerStatic)
    this.fetchSessions = new FetchSessions(this.configs.number('max.incremental.fetch.session.cache.slots'))
  }
}
