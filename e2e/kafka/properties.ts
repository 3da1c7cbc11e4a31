/** The listeners a cluster can have besides PLAINTEXT: SASL over plain TCP, TLS, and SASL over TLS. */
export type SecureListener = 'SASL' | 'TLS' | 'SASLTLS'
export type Listener = 'PLAINTEXT' | SecureListener

/** Who may log in through PLAIN; users of SCRAM are made as any user makes them. */
export const credentials = { username: 'alice', password: 'alice-secret' } as const

/** What the properties of one node depend on. */
export interface NodePlan {
  readonly id: number
  readonly directory: string
  readonly ports: Readonly<Partial<Record<Listener, number>>>
  /** All nodes' controller ports in order of their ids, or ZooKeeper's port for Kafka before 3. */
  readonly quorum: { readonly controllers: readonly number[] } | { readonly zookeeper: number }
  readonly nodes: number
  /** PEM files; there when a listener speaks TLS. */
  readonly keyStore?: string
  readonly trustStore?: string
  readonly config: Readonly<Record<string, string | number | boolean>>
}

/** The text of a node's server.properties. */
export function serverProperties(plan: NodePlan): string {
  const replicas = Math.min(3, plan.nodes)
  const inSync = plan.nodes >= 3 ? 2 : 1
  const listeners = Object.entries(plan.ports).map(([name, port]) => `${name}://127.0.0.1:${port}`)
  const properties: Record<string, string | number | boolean> = {
    'advertised.listeners': listeners.join(','),
    'broker.rack': `rack-${plan.id}`,
    'log.dirs': plan.directory,
    'num.partitions': 6,
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    // The default, 50, means as many log directories on disk before the first member may join.
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.num.partitions': 4,
    'group.initial.rebalance.delay.ms': 0,
    'broker.session.timeout.ms': 3000,
    ...quorum(plan, listeners),
    ...security(plan),
    ...plan.config,
  }
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

function quorum(plan: NodePlan, listeners: readonly string[]): Record<string, string | number> {
  const map = 'PLAINTEXT:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL,SASLTLS:SASL_SSL'
  if ('zookeeper' in plan.quorum) {
    return {
      'broker.id': plan.id,
      'zookeeper.connect': `127.0.0.1:${plan.quorum.zookeeper}`,
      listeners: listeners.join(','),
      'listener.security.protocol.map': map,
    }
  }
  const { controllers } = plan.quorum
  return {
    'process.roles': 'broker,controller',
    'node.id': plan.id,
    'controller.quorum.voters': controllers.map((port, index) => `${index + 1}@127.0.0.1:${port}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    listeners: [...listeners, `CONTROLLER://127.0.0.1:${controllers[plan.id - 1]}`].join(','),
    'listener.security.protocol.map': `CONTROLLER:PLAINTEXT,${map}`,
    'share.coordinator.state.topic.replication.factor': Math.min(3, plan.nodes),
    'share.coordinator.state.topic.min.isr': 1,
  }
}

function security(plan: NodePlan): Record<string, string> {
  const properties: Record<string, string> = {}
  if (plan.ports.SASL !== undefined || plan.ports.SASLTLS !== undefined) {
    const { username, password } = credentials
    const of = 'org.apache.kafka.common.security'
    const scram = `${of}.scram.ScramLoginModule required;`
    const logins = {
      PLAIN: `${of}.plain.PlainLoginModule required user_${username}="${password}";`,
      'SCRAM-SHA-256': scram,
      'SCRAM-SHA-512': scram,
      // Takes unsigned tokens.
      OAUTHBEARER: `${of}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
    }
    properties['sasl.enabled.mechanisms'] = Object.keys(logins).join()
    for (const listener of ['sasl', 'sasltls'])
      for (const [mechanism, login] of Object.entries(logins))
        properties[`listener.name.${listener}.${mechanism.toLowerCase()}.sasl.jaas.config`] = login
  }
  if (plan.keyStore !== undefined && plan.trustStore !== undefined) {
    properties['ssl.keystore.type'] = 'PEM'
    properties['ssl.keystore.location'] = plan.keyStore
    properties['ssl.truststore.type'] = 'PEM'
    properties['ssl.truststore.location'] = plan.trustStore
    properties['ssl.client.auth'] = 'requested'
  }
  return properties
}
