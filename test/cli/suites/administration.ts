import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Client, scram, Transport } from '../../../src/index.ts'
import type { CliStage } from '../stage.ts'

/** What administrators do on the command line. */
export function administration(stage: CliStage): void {
  const { at, done } = stage

  beforeAll(() => done('topics', 'create', 'orders', 'events', '-p', '2'))

  describe('configs', () => {
    /** Without those that a cluster has for all topics. */
    const own = (output: string): string => output.replace(/^.*\tdynamic-default-broker\t.*\n/gm, '')
    // Another broker than the one that changed it may be asked.
    const described = (part: (output: string) => string, ...args: string[]) =>
      expect.poll(async () => part(await done('configs', 'describe', 'topic', 'orders', ...args)), { timeout: 10_000 })

    test('sets, shows and unsets settings of a topic', async () => {
      await done('configs', 'set', 'topic', 'orders', 'retention.ms=1000', 'cleanup.policy=compact')
      await done('configs', 'set', 'topic', 'orders', 'cleanup.policy+=delete')
      await described(own).toBe(
        'NAME\tSETTING\tVALUE\tSET BY\t\norders\tcleanup.policy\tcompact,delete\ttopic\t\norders\tretention.ms\t1000\ttopic\t\n',
      )
      await done('configs', 'set', 'topic', 'orders', 'cleanup.policy-=compact')
      await done('configs', 'unset', 'topic', 'orders', 'retention.ms')
      await described(own).toBe('NAME\tSETTING\tVALUE\tSET BY\t\norders\tcleanup.policy\tdelete\ttopic\t\n')
      await described(all => all, '--all').toMatch(/\norders\tretention\.ms\t604800000\t/)
    })

    test('a dry run changes nothing, and what the broker refuses is told', async () => {
      await done('configs', 'set', 'topic', 'orders', 'retention.ms=5', '--dry-run')
      await described(own).not.toContain('retention.ms')
      const { status, errors } = await at(['configs', 'set', 'topic', 'orders', 'retention.ms=soon', '--dry-run'])
      expect(status).toBe(1)
      expect(errors).toMatch(/^isokafka: orders: .*retention\.ms/)
    })

    test.each([
      [['configs'], /describe, set or unset/],
      [['configs', 'show', 'topic', 'orders'], /can't show/],
      [['configs', 'describe', 'tpic', 'orders'], /topic, broker.*not tpic/],
      [['configs', 'describe', 'topic'], /which topic/],
      [['configs', 'set', 'topic', 'orders'], /which setting of topic orders/],
      [['configs', 'set', 'topic', 'orders', 'retention.ms'], /is not setting=value/],
      [['configs', 'unset', 'topic', 'orders', 'retention.ms=1'], /names alone/],
    ])('%j is refused', async (args, text) => {
      const { status, errors } = await at(args)
      expect(status).toBe(2)
      expect(errors).toMatch(text)
    })
  })

  describe('acls', () => {
    const head = 'KIND\tNAME\tPATTERN\tPRINCIPAL\tHOST\tOPERATION\tPERMISSION\n'

    test('adds, lists and deletes rules, and deletes nothing without being told twice', async () => {
      const billing = ['--principal', 'User:billing']
      await done('acls', 'add', ...billing, '--operation', 'read', '--topic', 'orders', '--group', 'billing')
      await done(
        'acls',
        'add',
        ...billing,
        '--operation',
        'cluster-action',
        '--cluster',
        '--deny',
        '--host',
        '10.0.0.1',
      )
      await done('acls', 'add', '--principal', 'User:*', '--operation', 'describe', '--topic', 'pub', '--prefixed')
      const rules = [
        'cluster\tkafka-cluster\tliteral\tUser:billing\t10.0.0.1\tcluster-action\tdeny\n',
        'group\tbilling\tliteral\tUser:billing\t*\tread\tallow\n',
        'topic\torders\tliteral\tUser:billing\t*\tread\tallow\n',
        'topic\tpub\tprefixed\tUser:*\t*\tdescribe\tallow\n',
      ]
      expect(await done('acls', 'list')).toBe(head + rules.join(''))
      expect(await done('acls', 'list', '--deny')).toBe(head + rules[0])
      expect(await done('acls', 'list', '--topic', 'orders', '--group', 'billing')).toBe(head + rules[1] + rules[2])
      const dry = await at(['acls', 'delete', ...billing])
      expect(dry.output).toBe(head + rules.slice(0, 3).join(''))
      expect(dry.errors).toBe('isokafka: nothing was changed: --execute does it\n')
      expect(await done('acls', 'list')).toBe(head + rules.join(''))
      await done('acls', 'delete', ...billing, '--execute')
      expect(await done('acls', 'list')).toBe(head + rules[3])
    })

    test.each([
      [['acls', 'add', '--operation', 'read', '--topic', 'orders'], /--principal/],
      [['acls', 'add', '--principal', 'User:a', '--topic', 'orders'], /--operation/],
      [['acls', 'add', '--principal', 'User:a', '--operation', 'read'], /which resource/],
      [
        ['acls', 'add', '--principal', 'User:a', '--operation', 'reed', '--topic', 'orders'],
        /no "reed", but all, read/,
      ],
      [['acls', 'list', 'orders'], /options say which/],
      [['acls', 'delete', '--execute'], /delete which/],
      [['acls', 'list', '--deny', '--allow'], /not both/],
    ])('%j is refused', async (args, text) => {
      const { status, errors } = await at(args)
      expect(status).toBe(2)
      expect(errors).toMatch(text)
    })
  })

  describe('users', () => {
    test('sets a password that logs in, lists and deletes the user', async () => {
      const environment = { ISOKAFKA_USER_PASSWORD: 'alice-secret' }
      expect(await at(['users', 'set', 'alice'], { environment })).toEqual({ status: 0, output: '', errors: '' })
      await at(['users', 'set', 'alice', '--mechanism', 'scram-sha-256', '--iterations', '8192'], { environment })
      expect(await done('users', 'list', 'alice')).toBe(
        'USER\tMECHANISM\tITERATIONS\nalice\tSCRAM-SHA-256\t8192\nalice\tSCRAM-SHA-512\t4096\n',
      )
      for (const hash of ['SHA-256', 'SHA-512'] as const) {
        const sasl = scram({ username: 'alice', password: 'alice-secret', hash })
        await using transport = new Transport({ sasl, logger: null })
        await new Client({ addr: stage.guarded, transport }).apiVersions()
      }
      await done('users', 'delete', 'alice')
      expect((await at(['users', 'list', 'alice'])).status).toBe(1)
      expect(await done('users', 'list')).toBe('USER\tMECHANISM\tITERATIONS\n')
    })

    test.each([
      [['users', 'set', 'alice'], /ISOKAFKA_USER_PASSWORD/],
      [['users', 'set'], /which user/],
      [['users', 'delete', 'alice', '--mechanism', 'PLAIN'], /no "PLAIN"/],
      [['users', 'set', 'alice', '--password', 'x'], /--password/],
    ])('%j is refused', async (args, text) => {
      const { status, errors } = await at(args)
      expect(status).toBe(2)
      expect(errors).toMatch(text)
    })
  })

  test('cluster shows brokers, features and the quorum', async () => {
    const { output, errors } = await at(['cluster'])
    expect(errors).toMatch(/^cluster \S+\n$/)
    expect(output).toMatch(/^BROKER\tHOST\tPORT\tRACK\n1\*?\t127\.0\.0\.1\t\d+\t.*\n/)
    expect(output.trimEnd().split('\n')).toHaveLength(1 + stage.nodes)
    expect(output.match(/\*/g)).toHaveLength(1)
    expect(await done('cluster', 'features')).toMatch(/\ngroup\.version\t1\t0 to 1\n/)
    expect(await done('cluster', 'quorum')).toMatch(/^NODE\tROLE\tEND\tLAG\tCAUGHT UP AT\n\d+\tleader\t/)
    expect((await at(['cluster', 'weather'])).status).toBe(2)
  })

  test('query tells offsets at a time', async () => {
    // What is older than a week goes.
    const day = Date.now() - 86_400_000
    const lines = [1000, 2000, 3000].map(ms => JSON.stringify({ partition: 0, ts: day + ms, payload: 'x' })).join('\n')
    expect((await at(['produce', 'events', '--json', '-p', '0'], { input: `${lines}\n` })).status).toBe(0)
    const head = 'TOPIC\tPARTITION\tOFFSET\n'
    expect(await done('query', 'events', '--at', `@${day + 1500}`, '-p', '0')).toBe(`${head}events\t0\t1\n`)
    expect(await done('query', 'events', '--at', 'end')).toBe(`${head}events\t0\t3\nevents\t1\t0\n`)
    expect(await done('query', 'events', '--at', 'start', '-p', '0')).toBe(`${head}events\t0\t0\n`)
    expect(await done('query', 'events', '--at', 'youngest', '-p', '0')).toBe(`${head}events\t0\t2\n`)
    expect(await done('query', 'events', '--at', '@-1h', '-p', '0')).toBe(`${head}events\t0\t-1\n`)
    expect((await at(['query', 'nowhere', '--at', 'end'])).errors).toMatch(/^isokafka: nowhere: /)
    expect((await at(['query', 'events', '--at', 'noon'])).status).toBe(2)
  })

  test('who has no password at hand is asked for it', async () => {
    const questions: string[] = []
    const ask = async (question: string): Promise<string> => {
      questions.push(question)
      return 'typed secret'
    }
    expect(await at(['users', 'set', 'carol'], { ask })).toMatchObject({ status: 0, errors: '' })
    const login = ['-b', stage.guarded, '--sasl-mechanism', 'SCRAM-SHA-512', '--sasl-username', 'carol']
    // A broker may hear of a password a little later than its controller.
    await expect.poll(() => at(['topics', 'list', ...login], { ask }), { timeout: 5_000 }).toMatchObject({ status: 0 })
    expect(questions.slice(0, 2)).toEqual(['new password of carol: ', 'password of carol: '])
    const environment = { ISOKAFKA_SASL_PASSWORD: 'typed secret' }
    expect(await at(['topics', 'list', ...login], { environment, ask: () => Promise.reject() })).toMatchObject({
      status: 0,
    })
  })

  test.each([
    [['topics', 'list'], ''],
    [['produce', 'events'], 'x\n'],
    [['consume', 'events', '-e'], ''],
    [['groups', 'list'], ''],
  ])('%j to a port that wants a login, without one, is told in one line and in seconds', async (args, input) => {
    const began = performance.now()
    const { status, output, errors } = await at([...args, '-b', stage.guarded], { input })
    expect(performance.now() - began).toBeLessThan(5_000)
    expect({ status, output }).toEqual({ status: 1, output: '' })
    expect(errors).toMatch(/^isokafka: [^\n]*does this listener want SASL\?[^\n]*\n$/)
  })

  describe('where the cluster is', () => {
    async function profiles(content: unknown): Promise<Record<string, string>> {
      const folder = await mkdtemp(join(tmpdir(), 'isokafka-profiles-'))
      onTestFinished(() => rm(folder, { recursive: true }))
      const path = join(folder, 'profiles.json')
      await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
      return { ISOKAFKA_PROFILES: path, KAFKA_BROKERS: '' }
    }

    test('a profile says it, the environment before it, the command line before both', async () => {
      const environment = await profiles({ default: { brokers: stage.addr }, wrong: { brokers: 'x:y' } })
      expect((await at(['topics', 'list'], { environment })).output).toContain('orders')
      const named = { ...environment, ISOKAFKA_PROFILE: 'wrong' }
      expect((await at(['topics', 'list'], { environment: named })).errors).toContain('x:y')
      expect((await at(['topics', 'list', '--profile', 'default'], { environment: named })).output).toContain('orders')
      const variable = { ...named, ISOKAFKA_BROKERS: stage.addr }
      expect((await at(['topics', 'list'], { environment: variable })).output).toContain('orders')
      expect((await at(['topics', 'list', '-b', 'x:y'], { environment: variable })).errors).toContain('x:y')
    })

    test('a profile logs in', async () => {
      await at(['users', 'set', 'carol'], { environment: { ISOKAFKA_USER_PASSWORD: 'carol-secret' } })
      const environment = await profiles({
        carol: { brokers: stage.guarded, 'sasl-username': 'carol', 'sasl-mechanism': 'SCRAM-SHA-512' },
      })
      const wrong = { ...environment, ISOKAFKA_SASL_PASSWORD: 'no' }
      const refused = await at(['topics', 'list', '--profile', 'carol'], { environment: wrong })
      expect(refused).toMatchObject({ status: 1, errors: expect.stringContaining('SCRAM-SHA-512') })
      const right = { ...environment, ISOKAFKA_SASL_PASSWORD: 'carol-secret' }
      const listed = async (): Promise<string> =>
        (await at(['topics', 'list', '--profile', 'carol'], { environment: right })).output
      await expect.poll(listed, { timeout: 5_000 }).toContain('orders')
    })

    test.each<[string, unknown, RegExp]>([
      ['one that is not there', { a: {} }, /has no profile "b", but a/],
      ['a secret', { b: { 'sasl-password': 'x' } }, /sasl-password is nothing that a profile has/],
      ['a wrong kind', { b: { tls: 'yes' } }, /tls is to be a boolean/],
      ['no JSON', '{', /isokafka: .*profiles\.json: /],
      ['no object', { b: 3 }, /profile b is not/],
    ])('%s is refused', async (_, content, text) => {
      const { status, errors } = await at(['topics', 'list', '--profile', 'b'], {
        environment: await profiles(content),
      })
      expect(status).toBe(2)
      expect(errors).toMatch(text)
    })
  })
}
