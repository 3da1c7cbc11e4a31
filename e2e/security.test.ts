import { describe } from 'vitest'
import { unless } from '../test/support/left-out.ts'
import { security } from '../test/support/secured.ts'
import { versions } from './full.ts'
import { credentials, startKafka } from './kafka/index.ts'
import { noKafka } from './shared.ts'

// 2.8 takes keys in PEM only encrypted, and these are not.
describe.each(versions.filter(version => version !== '2.8.2'))('a secured Kafka %s', unless(noKafka), version => {
  security(async () => {
    const cluster = await startKafka({
      version,
      listeners: ['SASL', 'TLS', 'SASLTLS'],
      config: { 'connections.max.reauth.ms': 1500 },
    })
    const authority = cluster.authority!
    return {
      addressOf: listener => cluster.nodes[0]!.addressOf(listener),
      ca: authority.cert,
      issue: name => authority.issue(name),
      credentials,
      stop: () => cluster.stop(),
    }
  })
})
