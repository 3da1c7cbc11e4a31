import { describe, expect, test } from 'vitest'
import { Stopped } from '../../../adapters/cli/command.ts'
import type { Ended } from '../console.ts'
import type { CliStage } from '../stage.ts'
import { courseOf, eventsOf, placeOf, produceNumbers, properties } from './events.ts'

/** What Kafka's own producer for system tests does. */
export function verifiableProducer(stage: CliStage): void {
  const { at, newTopic } = stage
  const produce = (topic: string, ...args: string[]): Promise<Ended> => produceNumbers(stage, topic, ...args)

  describe('verifiable-producer', () => {
    test('tells of each number, in the words of Kafka’s own', async () => {
      const topic = await newTopic(1)
      const { status, output, errors } = await produce(topic, '--max-messages', '3', '--value-prefix', '07')
      expect({ status, errors }).toEqual({ status: 0, errors: '' })
      const events = eventsOf(output).map(({ timestamp, ...event }) => {
        expect(Math.abs(Date.now() - timestamp)).toBeLessThan(60_000)
        return event
      })
      const written = { name: 'producer_send_success', key: null, topic, partition: 0 }
      expect(events).toEqual([
        { name: 'startup_complete' },
        ...[0, 1, 2].map(i => ({ ...written, value: `7.${i}`, offset: i })),
        { name: 'shutdown_complete' },
        { name: 'tool_data', sent: 3, acked: 3, target_throughput: -1, avg_throughput: expect.any(Number) },
      ])
    })

    test('keys repeat, and times begin where they are told to', async () => {
      const topic = await newTopic(1)
      await produce(topic, '--max-messages', '5', '--repeating-keys', '2', '--message-create-time', '1000000')
      const read = await stage.done('consume', topic, '-o', 'start', '-e', '-f', '%k=%s@%T\\n')
      const [first, ...rest] = read.trimEnd().split('\n')
      expect(first).toBe('0=0@1000000')
      expect(rest.map(line => line.replace(/@10\d{5}$/, ''))).toEqual(['1=1', '0=2', '1=3', '0=4'])
    })

    test.each(['0', '1', '-1'])('acks %s', async acks => {
      const { status, output } = await produce(await newTopic(2), '--max-messages', '2', '--acks', acks)
      expect(status).toBe(0)
      const offsets = eventsOf(output).flatMap(({ name, offset }) => (name === 'producer_send_success' ? [offset] : []))
      expect(offsets).toEqual(acks === '0' ? [-1, -1] : [0, 1])
    })

    test('what was not written is told, and the status is 1', async () => {
      const { status, output } = await produce('no!name', '--max-messages', '2')
      expect(status).toBe(1)
      const failed = { name: 'producer_send_error', topic: 'no!name', key: null, exception: 'KafkaError' }
      expect(eventsOf(output).filter(({ name }) => name === 'producer_send_error')).toMatchObject([
        { ...failed, value: '0', message: expect.stringContaining('Invalid Topic') },
        { ...failed, value: '1' },
      ])
      expect(eventsOf(output).at(-1)).toMatchObject({ name: 'tool_data', sent: 2, acked: 0 })
    })

    test('keeps to a throughput', async () => {
      const { output } = await produce(await newTopic(), '--max-messages', '5', '--throughput', '50')
      const { avg_throughput: rate, target_throughput: target } = eventsOf(output).at(-1)!
      expect(target).toBe(50)
      expect(rate).toBeLessThanOrEqual(52)
    })

    test.each<[string[], number]>([
      [[], 0],
      [['--max-messages', '1000'], 143],
    ])(
      'with %j it is stopped by a signal: all that was sent is told of, and the status is %i',
      async (more, status) => {
        const stopping = new AbortController()
        const write = (text: string): boolean => {
          if (text.includes('"value":"2"')) stopping.abort(new Stopped('SIGTERM'))
          return true
        }
        const topic = await newTopic()
        const args = ['verifiable-producer', ...placeOf(stage), '--topic', topic, '--throughput', '100', ...more]
        const ended = await at(args, { write, signal: stopping.signal })
        expect(ended).toMatchObject({ status, errors: '' })
        expect(courseOf(ended.output)).toEqual([
          'startup_complete',
          'producer_send_success',
          'shutdown_complete',
          'tool_data',
        ])
        const { sent, acked } = eventsOf(ended.output).at(-1)!
        expect(acked).toBe(sent)
        expect(await stage.done('consume', topic, '-o', 'start', '-e')).toBe(
          Array.from({ length: sent as number }, (_, i) => `${i}\n`).join(''),
        )
      },
    )

    test('tens of thousands, more than are on their way at once', async () => {
      const { status, output } = await produce(await newTopic(3), '--max-messages', '20000')
      expect(status).toBe(0)
      const values = eventsOf(output).flatMap(({ name, value }) => (name === 'producer_send_success' ? [value] : []))
      expect(new Set(values).size).toBe(20_000)
    })

    test('takes settings of Java’s, and says what it has no use for', async () => {
      const path = await properties([
        '# how to write',
        'compression.type : zstd',
        'linger\\.ms=5',
        'batch.size 1',
        'enable.idempotence = \\',
        '   true',
        'metric.reporters=none',
      ])
      const topic = await newTopic()
      const { status, errors } = await produce(topic, '--max-messages', '2', '--command-config', path)
      expect({ status, errors }).toEqual({ status: 0, errors: `isokafka: ${path}: not used: metric.reporters\n` })
      expect(await stage.done('consume', topic, '-o', 'start', '-e')).toBe('0\n1\n')
    })

    test('logs in as a file of Java’s says', async () => {
      const set = { environment: { ISOKAFKA_USER_PASSWORD: 'carol "secret"' } }
      expect((await at(['users', 'set', 'carol'], set)).status).toBe(0)
      const login = (password: string): Promise<string> =>
        properties([
          'security.protocol=SASL_PLAINTEXT',
          'sasl.mechanism=SCRAM-SHA-512',
          `sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username=carol password="${password}";`,
        ])
      const guarded = async (password: string): Promise<Ended> =>
        at([
          ...['verifiable-producer', '--bootstrap-server', stage.guarded, '--topic', await newTopic()],
          ...['--max-messages', '1', '--producer.config', await login(password)],
        ])
      // A broker may hear of a password a little later than its controller.
      await expect
        .poll(() => guarded('carol \\\\"secret\\\\"'), { timeout: 5_000 })
        .toMatchObject({ status: 0, errors: '' })
      const refused = await guarded('guess')
      expect(refused.status).toBe(1)
      expect(refused.output).toMatch(/"exception":"AuthenticationError"/)
    })

    test.each<[string[], RegExp]>([
      [['ssl.truststore.type=JKS', 'security.protocol=SSL'], /ssl\.truststore\.type is to be PEM, not JKS/],
      [['ssl.truststore.location=/x.jks', 'security.protocol=SSL'], /ssl\.truststore\.type is to say PEM/],
      [['ssl.truststore.certificates=x'], /ssl\.truststore\.certificates is nothing/],
      [['security.protocol=SASL_SSL'], /sasl\.mechanism is to be PLAIN.*not GSSAPI/],
      [['security.protocol=TLS'], /security\.protocol is to be/],
      [['enable.idempotence=yes'], /enable\.idempotence is neither true nor false/],
      [['retries=many'], /retries: "many"/],
      [['acks=2'], /--acks: "2"/],
    ])('%j is refused', async (lines, why) => {
      const { status, errors } = await produce('t', '--max-messages', '1', '--command-config', await properties(lines))
      expect(errors).toMatch(why)
      expect(status).toBe(2)
    })

    test('without a topic it says what lacks', async () => {
      expect(await at(['verifiable-producer'])).toMatchObject({ status: 2, errors: expect.stringContaining('--topic') })
    })
  })
}
