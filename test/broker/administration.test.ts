import { afterAll, describe } from 'vitest'
import { listen } from '../../adapters/broker/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { administration, administrationOfThree, stageOf } from '../support/administration.ts'
import { denials } from '../support/denials.ts'

// What e2e/admin.test.ts has administrators do to a real Kafka.
describe('an administrator of the embedded broker', () => {
  const credentials = { username: 'alice', password: 'alice-secret' }
  const stage = stageOf(async () => {
    const broker = new Broker({
      natives,
      users: { [credentials.username]: credentials.password },
      superUsers: ['User:ANONYMOUS'],
      configs: { 'transaction.partition.verification.enable': 'false' },
    })
    const [open, guarded] = [await listen(broker, { sasl: false }), await listen(broker)]
    return {
      brokers: open.addresses,
      guarded: guarded.addresses[0]!,
      credentials,
      async stop() {
        await open.close()
        await guarded.close()
        await broker.close()
      },
    }
  })
  administration(stage)
  denials(stage, 'embedded')
})

describe('an administrator of three embedded brokers', () => {
  const broker = new Broker({ natives, brokers: 3 })
  const listening = listen(broker)
  administrationOfThree(async () => (await listening).addresses)
  afterAll(async () => {
    await (await listening).close()
    await broker.close()
  })
})
