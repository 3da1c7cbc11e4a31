import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { AuthenticationError, Client, plain, scram, Transport, Writer } from '../../src/index.ts'
import { certificate } from '../../test/adapters/certificates.ts'
import { type Lack, unless } from '../../test/support/left-out.ts'
import { type RuntimeName, runtime } from '../runtimes/packages.ts'
import { type Installed, installPackage } from './installed.ts'
import { type Running, type RunOptions, start } from './running.ts'

const secret = { ISOKAFKA_BRIDGE_SECRET: 'a secret of thirty-two bytes or so' }

let app: Installed
beforeAll(async () => {
  app = await installPackage()
})
afterAll(() => app?.[Symbol.asyncDispose]())

interface Way {
  readonly name: string
  readonly missing: Lack | null
  /** What a user types before the command. */
  readonly command: () => readonly string[]
}

const way = (name: string, which: RuntimeName, ...command: readonly string[]): Way => {
  const { missing, binary } = runtime(which)
  return { name, missing, command: () => [binary, ...command] }
}

// Not npx itself: it doesn't pass signals on to what it has started.
const ways: readonly Way[] = [
  { name: 'Node', missing: null, command: () => [process.execPath, join(app.folder, 'node_modules/.bin/isokafka')] },
  way('Deno', 'deno', 'run', '-A', '--quiet', 'npm:isokafka'),
  way('Bun', 'bun', 'x', '--bun', 'isokafka'),
]

test('npx finds it', async () => {
  const npx = start(['npx', '--no-install', 'isokafka', '--version'], { cwd: app.folder })
  expect(await npx.ended).toBe(0)
  expect(npx.output).toMatch(/^\d+\.\d+\.\d+\n$/)
})

for (const { name, missing, command } of ways) {
  describe(`the command line in ${name}`, unless(missing), () => {
    const isokafka = (args: readonly string[], options: RunOptions = {}): Running =>
      start([...command(), ...args], { cwd: app.folder, ...options })

    async function portInUse(): Promise<string> {
      const server = createServer().listen(0, '127.0.0.1')
      onTestFinished(() => void server.close())
      await once(server, 'listening')
      return String((server.address() as AddressInfo).port)
    }

    test.each([
      [['--help'], /usage: isokafka <command>.*produce.*consume.*bench.*broker.*bridge.*demo.*exit status.*examples:/s],
      [['broker', '--help'], /usage: isokafka broker.*--topic.*examples:/s],
      [['bridge', '-h'], /usage: isokafka bridge.*--learn.*examples:/s],
      [['demo', '--help'], /usage: isokafka demo.*examples:/s],
    ])('%j prints help', async (args, text) => {
      const help = isokafka(args)
      expect(await help.ended).toBe(0)
      expect(help.output).toMatch(text)
      expect(help.errors).toBe('')
    })

    test.each<[string, string[], RegExp]>([
      ['no command', [], /^isokafka: which command\? \(isokafka --help\)\n$/],
      [
        'a command there is not',
        ['brokr'],
        /^isokafka: there is no command "brokr"; did you mean broker\? \(isokafka --help\)\n$/,
      ],
      [
        'a bad port',
        ['broker', '--port', 'http'],
        /^isokafka: --port: "http" is not a number .*\(isokafka broker --help\)\n$/,
      ],
      ['a port out of range', ['broker', '--port', '65536'], /^isokafka: --port: .* 65535 .*\n$/],
      ['no ports for all brokers', ['broker', '--port', '65535', '--brokers', '2'], /^isokafka: --port: .*\n$/],
      [
        'an option there is not',
        ['broker', '--prot', '1'],
        /^isokafka: Unknown option '--prot' \(isokafka broker --help\)\n$/,
      ],
      ['a topic without a name', ['broker', '--topic', ':3'], /^isokafka: --topic: .*\n$/],
      ['an argument too many', ['demo', 'now'], /^isokafka: Unexpected argument 'now'.*\(isokafka demo --help\)\n$/],
      ['a bridge to nowhere', ['bridge', '--allow-no-origin'], /^isokafka: .*--target.*\(isokafka bridge --help\)\n$/],
      [
        'a bridge for nobody',
        ['bridge', '--target', 'kafka:9092'],
        /^isokafka: .*--origin.*\(isokafka bridge --help\)\n$/,
      ],
      [
        'an origin that is none',
        ['bridge', '--target', 'kafka:9092', '--origin', 'app'],
        /^isokafka: .*"app" is no origin.*--help\)\n$/,
      ],
    ])('%s: one line on stderr, and status 2', async (_what, args, line) => {
      const misused = isokafka(args, { env: secret })
      expect(await misused.ended).toBe(2)
      expect(misused.errors).toMatch(line)
      expect(misused.output).toBe('')
    })

    test('records go in and out: a topic is copied whole, through pipes', async () => {
      const broker = isokafka(['broker', '--port', '0', '--topic', 'orders:2', '--topic', 'copy:2'])
      const [, addr = ''] = await broker.says(/listens on (\S+);/)
      const env = { KAFKA_BROKERS: addr }
      const lines = Array.from({ length: 5_000 }, (_, i) => `k${i % 7}:значение ${i}`)
      const produced = isokafka(['produce', 'orders', '-K', ':', '-z', 'zstd'], { env, input: `${lines.join('\n')}\n` })
      expect(await produced.ended).toBe(0)
      const consumed = isokafka(['consume', 'orders', '-o', 'start', '-e', '--json'], { env })
      expect(await consumed.ended).toBe(0)
      const copied = isokafka(['produce', 'copy', '--json'], { env, input: consumed.output })
      expect(await copied.ended).toBe(0)
      const read = isokafka(['consume', 'copy', '-o', 'start', '-e', '-f', '%k:%s\\n'], { env })
      expect(await read.ended).toBe(0)
      expect(read.output.trimEnd().split('\n').sort()).toEqual(lines.sort())
      const head = isokafka(['consume', 'copy', '-o', 'start'], { env })
      await head.says(/значение/)
      head.hangUp()
      const more = isokafka(['produce', 'copy'], { env, input: 'one\ntwo\n' })
      expect(await more.ended).toBe(0)
      expect(await head.ended).toBe(0)
      expect([produced, consumed, copied, read, head, more].map(({ errors }) => errors).join('')).toBe('')
    })

    test('a port in use: one line that names it, and status 1', async () => {
      const port = await portInUse()
      for (const args of [['broker'], ['bridge', '--target', '127.0.0.1:1', '--allow-no-origin']]) {
        const failed = isokafka([...args, '--port', port], { env: secret })
        expect(await failed.ended).toBe(1)
        expect(failed.errors).toBe(`isokafka: cannot listen on 127.0.0.1:${port}: the port is in use\n`)
      }
    })

    test.each<NodeJS.Signals>(['SIGINT', 'SIGTERM'])('the broker serves until %s, and ends with 0', async signal => {
      const broker = isokafka(['broker', '--port', '0', '--topic', 'orders:3'])
      const [, addr = ''] = await broker.says(/listens on (\S+);/)
      await using writer = new Writer({ addr, topic: 'orders' })
      await writer.writeMessages([{ value: 'a' }, { value: 'b' }])
      await using client = new Client({ addr })
      const { topics } = await client.metadata({ topics: ['orders'] })
      expect(topics[0]!.partitions).toHaveLength(3)
      broker.kill(signal)
      expect(await broker.ended).toBe(0)
      expect(broker.errors).toBe('')
    })

    test('the broker asks for the password of --user, and warns of an address that others reach', async () => {
      const args = ['broker', '--port', '0', '--topic', 'orders', '--user', 'alice:secret']
      const broker = isokafka([...args, '--host', '0.0.0.0'])
      const [, port = ''] = await broker.says(/listens on 0\.0\.0\.0:(\d+);/)
      const addr = `127.0.0.1:${port}`
      await using stranger = new Client({ addr, timeout: 2_000 })
      await expect(stranger.metadata({ topics: ['orders'] })).rejects.toThrow()
      await using friend = new Transport({ sasl: plain({ username: 'alice', password: 'secret' }) })
      await using client = new Client({ addr, transport: friend })
      expect((await client.metadata({ topics: ['orders'] })).topics[0]!.partitions).toHaveLength(1)
      broker.kill('SIGTERM')
      expect(await broker.ended).toBe(0)
      expect(broker.errors).toMatch(/^isokafka: 0\.0\.0\.0 can be reached from other machines: passwords [^\n]*\n/)
    })

    test('the broker speaks TLS by --cert and --key', async () => {
      const authority = certificate({ name: 'Test CA', isAuthority: true })
      const { cert, key } = certificate({ name: 'broker', hosts: ['127.0.0.1'], issuer: authority })
      const home = await mkdtemp(join(tmpdir(), 'isokafka-cli-'))
      onTestFinished(() => rm(home, { recursive: true }))
      const [certFile, keyFile] = [join(home, 'cert.pem'), join(home, 'key.pem')]
      await writeFile(certFile, cert)
      await writeFile(keyFile, key)
      const args = ['broker', '--port', '0', '--user', 'alice:secret', '--cert', certFile, '--key', keyFile]
      const broker = isokafka(args)
      const [, addr = ''] = await broker.says(/listens on (127.0.0.1:\d+);/)
      const sasl = scram({ username: 'alice', password: 'secret' })
      await using transport = new Transport({ tls: { ca: authority.cert }, sasl })
      expect((await new Client({ addr, transport }).metadata({ topics: [] })).brokers).toHaveLength(1)
      await using stranger = new Transport({ tls: true, sasl, logger: null })
      await expect(new Client({ addr, transport: stranger }).metadata({})).rejects.toThrow(AuthenticationError)
      broker.kill('SIGTERM')
      expect(await broker.ended).toBe(0)
    })

    test.each<NodeJS.Signals>(['SIGINT', 'SIGTERM'])('the bridge serves until %s, and ends with 0', async signal => {
      const bridge = isokafka(['bridge', '--port', '0', '--target', '127.0.0.1:1', '--allow-no-origin'], {
        env: secret,
      })
      const [, address] = await bridge.says(/listens on ws:\/\/(\S+)\//)
      expect(await (await fetch(`http://${address}/healthz`)).text()).toBe('ok\n')
      bridge.kill(signal)
      expect(await bridge.ended).toBe(0)
      const [last] = bridge.errors.trimEnd().split('\n').slice(-1)
      expect(JSON.parse(last!)).toMatchObject({ level: 'info', message: 'stopping', signal })
    })

    // In Node that is e2e/demo.test.ts.
    const demoSucceeds = async (): Promise<void> => {
      const demo = isokafka(['demo'])
      expect(await demo.ended).toBe(0)
      expect(demo.output).toContain('200,000 orders came once each, in order for every customer')
      expect(demo.errors).toBe('')
    }
    if (name !== 'Node') test('the demo succeeds', demoSucceeds)

    test.each<[NodeJS.Signals, number]>([
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ])('%s interrupts the demo: status %i, and its topic is gone', async (signal, status) => {
      const broker = isokafka(['broker', '--port', '0'])
      const [, addr = ''] = await broker.says(/listens on (\S+);/)
      const demo = isokafka(['demo'], { env: { KAFKA_BROKERS: addr } })
      await demo.says(/^Group /m)
      demo.kill(signal)
      expect(await demo.ended).toBe(status)
      expect(demo.errors).toBe('')
      await using client = new Client({ addr })
      expect((await client.metadata({})).topics.filter(({ name }) => name.startsWith('isokafka-demo'))).toEqual([])
    })

    test('a reader of its output that hangs up is no reason to stop', async () => {
      const demo = isokafka(['demo'])
      await demo.says(/\n/)
      demo.hangUp()
      expect(await demo.ended).toBe(0)
      expect(demo.errors).toBe('')
    })
  })
}
