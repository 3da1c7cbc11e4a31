import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { ClusterUnderTest } from '../test/contract/harness.ts'
import { unless } from '../test/support/left-out.ts'
import { freePorts } from './kafka/index.ts'
import { noSharedKafka, sharedKafka } from './shared.ts'

interface Outcome {
  status: number | null
  output: string
  errors: string
}

/** `isokafka demo` as built, in a process of its own. */
async function demo(brokers?: string): Promise<Outcome> {
  const { KAFKA_BROKERS: _mine, ...env } = process.env
  if (brokers !== undefined) env['KAFKA_BROKERS'] = brokers
  const child = spawn(process.execPath, ['dist/cli.js', 'demo'], { env })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const [status] = await once(child, 'close')
  return { status, output, errors }
}

function expectSuccess({ status, output, errors }: Outcome): void {
  expect(errors).toBe('')
  expect(output).toContain('200,000 orders came once each, in order for every customer')
  expect(output).toContain('left after')
  expect(status).toBe(0)
}

test('the demo on the embedded broker', async () => expectSuccess(await demo()))

describe('the demo on three nodes', unless(noSharedKafka(3)), () => {
  let cluster: ClusterUnderTest & { stop(): Promise<void> }
  beforeAll(async () => {
    cluster = await sharedKafka(3)
  })
  afterAll(() => cluster?.stop())

  test('writes, reads with a changing group, and checks', async () => {
    expectSuccess(await demo(cluster.brokers.join(',')))
  })
})

describe('the demo with a cluster that is none', () => {
  /** One line on stderr that names the address, and status 1; 2 when the address itself makes no sense. */
  async function expectOneLine(address: string, hint: RegExp, expected = 1): Promise<void> {
    const { status, errors } = await demo(address)
    expect(errors.trimEnd().split('\n')).toEqual([expect.stringMatching(hint)])
    expect(errors).toContain(address)
    expect(status).toBe(expected)
  }

  test('nobody listens', async () => {
    const [port] = await freePorts(1)
    await expectOneLine(`127.0.0.1:${port}`, /refused/)
  })

  test('no such host', () => expectOneLine('kafka.invalid:9092', /kafka\.invalid/))

  test('an HTTP server listens', async () => {
    const server = createHttpServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    await expectOneLine(`127.0.0.1:${(server.address() as AddressInfo).port}`, /HTTP/)
  })

  test('something listens that never answers', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    await expectOneLine(`127.0.0.1:${(server.address() as AddressInfo).port}`, /ms|time/)
  })

  test('the address makes no sense', () => expectOneLine('localhost:kafka', /port/, 2))

  test('the address is empty', () => expectOneLine('', /localhost:9092/, 2))
})
