import { completed, type Secured, sessionMs } from '../test/support/secured.ts'
import { startKafka } from './kafka/index.ts'

/** A real broker that listens in every way. */
export async function securedKafka(version: string): Promise<Secured> {
  const cluster = await startKafka({
    version,
    listeners: ['SASL', 'TLS', 'SASLTLS'],
    config: { 'connections.max.reauth.ms': sessionMs },
  })
  const addressOf = (listener: Parameters<(typeof cluster.nodes)[number]['addressOf']>[0]) =>
    cluster.nodes[0]!.addressOf(listener)
  const addresses = {
    PLAINTEXT: addressOf('PLAINTEXT'),
    SASL: addressOf('SASL'),
    TLS: addressOf('TLS'),
    SASLTLS: addressOf('SASLTLS'),
  }
  return completed(cluster.authority!, addresses, () => cluster.stop())
}
