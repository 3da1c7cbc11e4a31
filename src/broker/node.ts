import { ConfigSource, Configs } from './configs/configs.ts'
import { FetchSessions } from './fetch/fetch-sessions.ts'
import { ClientInstances } from './telemetry/client-instances.ts'

/** A connection, to whom only ends it. */
interface OpenConnection {
  readonly idleFor: number
  end(reason: Error): void
}

/** One broker of the cluster. */
export class Node {
  readonly id: number
  readonly rack: string | null
  running = true
  /** Whether the cluster counts it among its brokers, running or not. */
  registered = true
  /** Whether it went without a goodbye when it last did; false while it runs. */
  crashed = false
  readonly configs: Configs
  readonly connections = new Set<OpenConnection>()

  /** Ends the connections that were idle for longer than they may. */
  endIdle(): void {
    const most = this.configs.number('connections.max.idle.ms')
    for (const connection of [...this.connections])
      if (connection.idleFor >= most) connection.end(new Error(`the connection was idle for ${most} ms`))
  }

  readonly fetchSessions: FetchSessions
  readonly clientInstances = new ClientInstances()

  constructor(id: number, rack: string | null, clusterConfigs: Configs, sessionPartitions: number) {
    this.id = id
    this.rack = rack
    const own = { values: new Map<string, string>(), source: ConfigSource.broker }
    this.configs = new Configs(clusterConfigs.definitions, [own, ...clusterConfigs.layers])
    this.fetchSessions = new FetchSessions(
      this.configs.number('max.incremental.fetch.session.cache.slots'),
      sessionPartitions,
    )
  }
}
