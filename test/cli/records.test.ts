import { expect, test } from 'vitest'
import { listen } from '../../adapters/broker/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { isokafka } from './console.ts'
import { embeddedCluster, stageOf } from './stage.ts'
import { copying } from './suites/copying.ts'
import { records } from './suites/records.ts'

const stage = stageOf(() => embeddedCluster(1))
records(stage)
copying(stage)

test('who logs in does so by SASL, with a password from the environment', async () => {
  const secured = new Broker({ natives, users: { alice: 'secret' }, topics: [{ name: 't', partitions: 1 }] })
  const listening = await listen(secured, { port: 0 })
  const args = [
    'topics',
    'list',
    '-b',
    listening.addresses[0]!,
    '--sasl-mechanism',
    'SCRAM-SHA-256',
    '--sasl-username',
    'alice',
  ]
  expect((await isokafka(args, { environment: { ISOKAFKA_SASL_PASSWORD: 'secret' } })).output).toContain('t\t1\t1')
  const wrong = await isokafka(args, { environment: { ISOKAFKA_SASL_PASSWORD: 'guess' } })
  expect(wrong.status).toBe(1)
  expect(wrong.errors).toMatch(/^isokafka: [^\n]*authentication[^\n]*\n$/i)
  expect((await isokafka(args)).errors).toMatch(/ISOKAFKA_SASL_PASSWORD/)
  await listening.close()
  await secured.close()
})
