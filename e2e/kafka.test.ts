import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { unless } from '../test/support/left-out.ts'
import { brokersSeenBy, kafkaJars, messageDefinitions, startKafka } from './kafka/index.ts'
import { noKafka } from './shared.ts'

test('a killed run leaves no process and no files behind', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'isokafka-guard-'))
  writeFileSync(join(directory, 'data'), '')
  const guard = fileURLToPath(new URL('kafka/guard.mjs', import.meta.url))
  // A stand-in for the test run: it starts a guard and a server, and is killed.
  const program = `
    const { spawn } = require('node:child_process')
    const guard = spawn(process.execPath, [${JSON.stringify(guard)}], { detached: true, stdio: ['pipe', 'ignore', 'inherit'] })
    const server = spawn('sleep', ['600'], { detached: true, stdio: 'inherit' })
    guard.stdin.write('+' + server.pid + '\\n+${directory}\\n', () => process.stderr.write('ready'))`
  const run = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'pipe'] })
  await once(run.stderr, 'data')
  run.kill('SIGKILL')
  // The server inherited the pipe: it ends with the server.
  run.stdout.resume()
  await once(run.stdout, 'end')
  await expect.poll(() => existsSync(directory)).toBe(false)
})

describe('Kafka for tests', unless(noKafka), () => {
  test('a killed node comes back on its port; stop() leaves nothing', async () => {
    const home = mkdtempSync(join(tmpdir(), 'isokafka-home-'))
    vi.stubEnv('TMPDIR', home)
    onTestFinished(() => {
      vi.unstubAllEnvs()
      rmSync(home, { recursive: true })
    })
    const cluster = await startKafka()
    const [node] = cluster.nodes
    await node!.kill('SIGKILL')
    expect(await brokersSeenBy(node!.address)).toBe(0)
    await node!.restart()
    await node!.waitUntilReady()
    expect(cluster.brokers).toEqual([node!.address])
    await cluster.stop()
    expect(readdirSync(home)).toEqual([])
    expect(await brokersSeenBy(node!.address)).toBe(0)
  })

  test('a broker that can not start says why', async () => {
    await expect(startKafka({ config: { 'num.partitions': 'many' } })).rejects.toThrow('num.partitions')
  })

  test('the message definitions can be read from the jars', async () => {
    const definitions = messageDefinitions(await kafkaJars())
    expect(definitions.size).toBeGreaterThan(150)
    expect(definitions.get('MetadataRequest.json')).toMatchObject({
      apiKey: 3,
      type: 'request',
      name: 'MetadataRequest',
    })
  })
})
