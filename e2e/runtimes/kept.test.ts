import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Listening, listen } from '../../adapters/broker/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { Broker } from '../../src/broker/index.ts'
import { unless } from '../../test/support/left-out.ts'
import { bundle } from './bundle.ts'
import { runtime } from './packages.ts'
import { startWorker, type Worker } from './workerd.ts'

const { missing } = runtime('workerd')
const refusal = expect.stringMatching(/^ConfigError: this Transport, .* was made in another request/)

describe('a Transport that a Worker keeps for its next request', unless(missing), () => {
  const broker = new Broker({ topics: [{ name: 't', partitions: 1 }], natives })
  let door: Listening
  let code: string
  beforeAll(async () => {
    door = await listen(broker)
    code = await bundle('e2e/runtimes/entries/kept-worker.ts', 'workerd')
  })
  afterAll(async () => {
    await door.close()
    await broker.close()
  })

  async function ask(
    worker: Worker,
    path: string,
    value: string,
  ): Promise<{ status: number; body: unknown; took: number }> {
    const since = performance.now()
    const response = await fetch(new URL(path, worker.url), {
      method: 'POST',
      body: JSON.stringify({ brokers: door.addresses[0], value }),
    })
    const text = await response.text()
    return { status: response.status, body: response.ok ? JSON.parse(text) : text, took: performance.now() - since }
  }

  test('is told apart at once, whoever uses it', async () => {
    await using worker = await startWorker(code)
    expect((await ask(worker, '/keep', 'kept')).status).toBe(200)
    const { status, body, took } = await ask(worker, '/kept', 'again')
    expect({ status, body }).toEqual({
      status: 200,
      body: { writer: refusal, reader: refusal, newWriter: refusal, client: refusal, early: 'done' },
    })
    expect(took).toBeLessThan(2_000)
  })

  test('harms none of twenty requests that overlap', async () => {
    await using worker = await startWorker(code)
    await ask(worker, '/keep', 'kept')
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => ask(worker, n === 7 ? '/kept' : '/own', `message ${n}`)),
    )
    for (const [n, { status, body }] of answers.entries()) {
      expect([n, status]).toEqual([n, 200])
      if (n === 7) expect(body).toMatchObject({ writer: refusal, reader: refusal })
      else expect(body).toMatch(/ and so on$/)
    }
  })

  test('is a Durable Object’s own for as long as it lives', async () => {
    // The module's own handler gives way to one that asks the object.
    const objects = `${code.replace(/(\w+) as default/, '$1 as unused')}
export default { fetch: (request, env) => env.KEEPER.get(env.KEEPER.idFromName('one')).fetch(request) }`
    await using worker = await startWorker(objects, { durableObjects: { KEEPER: 'Keeper' } })
    for (const value of ['one', 'two', 'three']) expect((await ask(worker, '/', value)).status).toBe(200)
  })
})
