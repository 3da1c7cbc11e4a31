import { describe, expect, test } from 'vitest'
import { natives } from '../../adapters/node/index.ts'
import { AuthenticationError, ConfigError } from '../../src/base/errors.ts'
import { Client, Reader, Transport, Writer } from '../../src/index.ts'

const kinds: [string, () => Error][] = [
  ['a permission that is not given', () => new ConfigError('broker:9092: the program may not use the network')],
  ['a wrong token', () => new AuthenticationError('broker:9092: the bridge wants a valid token (401)')],
]

describe.each(kinds)('%s ends, at once and in its words, what can only wait for nothing:', (_name, make) => {
  const refused = make()
  const transport = () => new Transport({ adapter: { name: 'refusing', dial: () => Promise.reject(refused) }, natives })
  const brokers = 'broker:9092'

  async function soon(call: Promise<unknown>): Promise<void> {
    const late = new Promise(done => setTimeout(() => done('nothing after 1 s'), 1_000))
    const said = await Promise.race([
      call.then(
        () => 'done',
        (error: Error) => error,
      ),
      late,
    ])
    expect(said).toBeInstanceOf(refused.constructor)
    expect((said as Error).message).toContain(refused.message)
  }

  test('a write', async () => {
    await using of = transport()
    const writer = new Writer({ addr: brokers, topic: 't', transport: of })
    await soon(writer.writeMessages({ value: 'x' }))
  })

  test('a read of a partition', async () => {
    await using of = transport()
    const reader = new Reader({ brokers, topic: 't', partition: 0, transport: of })
    await soon(reader.readMessage())
    await reader.close()
  })

  test("a group's read", async () => {
    await using of = transport()
    const reader = new Reader({ brokers, topic: 't', groupId: 'g', transport: of })
    await soon(reader.readMessage())
    await reader.close()
  })

  test("a client's call", async () => {
    await using of = transport()
    await soon(new Client({ addr: brokers, transport: of }).metadata({ topics: ['t'] }))
  })
})
