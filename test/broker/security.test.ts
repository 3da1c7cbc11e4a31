import { describe } from 'vitest'
import { listen } from '../../adapters/broker/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { certificate } from '../adapters/certificates.ts'
import { security } from '../support/secured.ts'

/** Whose an unsigned token is, as Kafka's brokers for tests take it; it may be a little old. */
function identify(token: string): { principal: string; expiresAt: number } | undefined {
  const [, claims = ''] = token.split('.')
  const { sub, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString())
  return exp * 1000 > Date.now() ? { principal: sub, expiresAt: exp * 1000 } : undefined
}

// What e2e/security.test.ts has a real Kafka take and refuse.
describe('the embedded broker, secured', () => {
  security(async () => {
    const credentials = { username: 'alice', password: 'alice-secret' }
    const authority = certificate({ name: 'Test CA', isAuthority: true })
    const issue = (name: string) => certificate({ name, hosts: ['localhost', '127.0.0.1'], issuer: authority })
    const { cert, key } = issue('broker')
    const broker = new Broker({
      natives,
      numPartitions: 6,
      sasl: { users: { [credentials.username]: credentials.password }, oauthBearer: identify },
      configs: { 'connections.max.reauth.ms': '1500' },
    })
    const tls = { cert, key }
    const listening = {
      PLAINTEXT: await listen(broker, { sasl: false }),
      SASL: await listen(broker),
      TLS: await listen(broker, { tls: { ...tls }, sasl: false }),
      SASLTLS: await listen(broker, { tls }),
    }
    return {
      addressOf: listener => listening[listener].addresses[0]!,
      ca: authority.cert,
      issue,
      credentials,
      async stop() {
        for (const each of Object.values(listening)) await each.close()
        await broker.close()
      },
    }
  })
})
