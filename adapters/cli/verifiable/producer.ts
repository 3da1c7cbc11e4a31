import { messageOf } from '../../../src/base/errors.ts'
import type { CompressionName } from '../../../src/compression/codec.ts'
import type { RequiredAcks } from '../../../src/protocol/acks.ts'
import type { WriteReceipt, WriterConfig } from '../../../src/writer/config.ts'
import { Writer } from '../../../src/writer/writer.ts'
import { clusterHelp, clusterOptions, withCluster } from '../cluster-options.ts'
import { type Command, type CommandContext, exitStatus, type Stopped, UsageError } from '../command.ts'
import { parseOptions, whole, wholeOrMinusOne } from '../options.ts'
import { Pace } from '../pace.ts'
import { EventLines } from './event-lines.ts'
import { JavaProperties } from './java-properties.ts'
import { transportOf } from './java-security.ts'

/** How many messages are on their way at once. */
const mostUnderWay = 5_000

const dashed = ['--max-messages', '--throughput', '--acks', '--message-create-time']

export const verifiableProducerCommand: Command = {
  name: 'verifiable-producer',
  summary: "writes numbers and says what became of each, as Kafka's own for system tests",
  help: `usage: isokafka verifiable-producer --topic name [options]

Writes 0, 1, 2, … to a topic, and prints a line of JSON for each that was acknowledged or was not, as
kafka-verifiable-producer.sh does: startup_complete, producer_send_success, producer_send_error, shutdown_complete, tool_data.
The exit status is 0 when all were acknowledged. As there, nothing is tried twice unless the file of settings says so.

  --topic name                where to
  --max-messages number       how many; -1, the default: until it is stopped
  --throughput number         so many a second; -1, the default: as they go
  --acks number               -1 (the default), 1 or 0
  --value-prefix number       values are number.0, number.1, …
  --repeating-keys number     keys are 0, 1, … up to this number, and 0 again; by default there are none
  --message-create-time ms    the time of the first message, in milliseconds since 1970; by default when it is written
  --command-config path       settings as Java has them: acks, retries, enable.idempotence, compression.type, batch.size, linger.ms,
                              client.id, security.protocol, ssl.* (PEM), sasl.* …; --producer.config is the same
  --bootstrap-server list     --brokers by its name in Kafka's tools
${clusterHelp}

examples:
  isokafka verifiable-producer --bootstrap-server localhost:9092 --topic numbers --max-messages 1000
  isokafka verifiable-producer --topic numbers --throughput 100 --value-prefix 3`,

  async run(args, context) {
    const text = { type: 'string' } as const
    const values = parseOptions(
      args,
      {
        topic: text,
        'max-messages': { ...text, default: '-1' },
        throughput: { ...text, default: '-1' },
        acks: { ...text, default: '-1' },
        'value-prefix': text,
        'repeating-keys': text,
        'message-create-time': { ...text, default: '-1' },
        'command-config': text,
        'producer.config': text,
        'bootstrap-server': text,
        ...clusterOptions,
      },
      dashed,
    )
    const { topic, 'value-prefix': prefix, 'repeating-keys': keys } = values
    if (topic === undefined) throw new UsageError('--topic says where to')
    const most = wholeOrMinusOne('--max-messages', values['max-messages'])
    const throughput = wholeOrMinusOne('--throughput', values.throughput)
    const createTime = wholeOrMinusOne('--message-create-time', values['message-create-time'])
    const keyCount = keys === undefined ? 0 : whole('--repeating-keys', keys, 1, 2 ** 31 - 1)
    if (prefix !== undefined) whole('--value-prefix', prefix, 0, 2 ** 31 - 1)
    if (values['command-config'] !== undefined && values['producer.config'] !== undefined)
      throw new UsageError('--command-config and --producer.config are the same')
    const properties = JavaProperties.of('--command-config', values['command-config'] ?? values['producer.config'])
    const config = writerConfigOf(properties, values.acks)
    const transport = transportOf(properties)
    properties.tellUnused(context.warn)

    const place = { ...values, brokers: values['bootstrap-server'] ?? values.brokers }
    return withCluster(
      place,
      context,
      async ({ addr, transport }) => {
        const writer = new Writer({ addr, transport, topic, allowAutoTopicCreation: true, ...config })
        try {
          const numbers = new Numbers(writer, topic, new EventLines(context), context)
          return await numbers.write({ most, throughput, prefix, keyCount, createTime })
        } finally {
          await writer.close({ signal: AbortSignal.abort() })
        }
      },
      { ...transport, waits: true },
    )
  },
}

function writerConfigOf(properties: JavaProperties, acks: string): Partial<WriterConfig> {
  const requiredAcks = properties.text('acks') ?? acks
  if (!['-1', 'all', '0', '1'].includes(requiredAcks))
    throw new UsageError(`--acks: "${requiredAcks}" is not -1, 0 or 1`)
  const idempotent = properties.flag('enable.idempotence') ?? false
  const given: Partial<WriterConfig> = {
    requiredAcks: (requiredAcks === 'all' ? -1 : Number(requiredAcks)) as RequiredAcks,
    idempotent,
  }
  const retries = properties.number('retries') ?? 0
  // How often an idempotent one tries is a matter of time.
  if (!idempotent) given.maxAttempts = retries + 1
  const compression = properties.text('compression.type')
  if (compression !== undefined) given.compression = compression as CompressionName
  const set = (name: 'batchTimeout' | 'writeTimeout' | 'deliveryTimeout' | 'maxBufferedBytes', java: string): void => {
    const number = properties.number(java)
    if (number !== undefined) given[name] = number
  }
  set('batchTimeout', 'linger.ms')
  set('writeTimeout', 'request.timeout.ms')
  set('deliveryTimeout', 'delivery.timeout.ms')
  set('maxBufferedBytes', 'buffer.memory')
  const batchBytes = properties.number('batch.size')
  if (batchBytes !== undefined) {
    // In Java a larger message is a batch by itself, down to one for each.
    given.batchBytes = Math.max(1, batchBytes)
    given.messageBytes = Math.max(given.batchBytes, 1_000_000)
  }
  return given
}

interface Plan {
  /** -1: no end. */
  readonly most: number
  /** A second; -1: no limit. */
  readonly throughput: number
  readonly prefix: string | undefined
  /** 0: no keys. */
  readonly keyCount: number
  /** -1: that of writing. */
  readonly createTime: number
}

/** Writes numbers and tells what became of each. */
class Numbers {
  readonly #writer: Writer
  readonly #topic: string
  readonly #lines: EventLines
  readonly #signal: AbortSignal
  #acked = 0
  #underWay = 0
  #roomy: (() => void) | undefined

  constructor(writer: Writer, topic: string, lines: EventLines, { signal }: CommandContext) {
    this.#writer = writer
    this.#topic = topic
    this.#lines = lines
    this.#signal = signal
  }

  /** The exit status. */
  async write({ most, throughput, prefix, keyCount, createTime }: Plan): Promise<number> {
    const [began, pace] = [Date.now(), new Pace(throughput < 0 ? Number.POSITIVE_INFINITY : throughput)]
    const total = most < 0 ? Number.POSITIVE_INFINITY : most
    let sent = 0
    let timestamp = createTime
    this.#lines.tell('startup_complete')
    for (let isRead = true; isRead && sent < total && !this.#signal.aborted; ) {
      const value = prefix === undefined ? String(sent) : `${Number(prefix)}.${sent}`
      this.#send(keyCount === 0 ? null : String(sent % keyCount), value, timestamp)
      sent++
      // Kafka's own adds all the time there was, each time.
      if (createTime >= 0) timestamp += Date.now() - began
      await pace.reach(sent, this.#signal)
      if (this.#underWay < mostUnderWay) continue
      await this.#fewer(mostUnderWay / 2)
      isRead = await this.#lines.written()
    }
    await this.#fewer(0)
    this.#lines.tell('shutdown_complete')
    const seconds = (Date.now() - began) / 1_000
    this.#lines.tell('tool_data', {
      sent,
      acked: this.#acked,
      target_throughput: throughput,
      avg_throughput: seconds > 0 ? this.#acked / seconds : 0,
    })
    await this.#lines.written()
    if (sent < total && most >= 0 && this.#signal.aborted) return (this.#signal.reason as Stopped).exitStatus
    return this.#acked === sent ? exitStatus.done : exitStatus.failed
  }

  #send(key: string | null, value: string, timestamp: number): void {
    this.#underWay++
    this.#writer.writeMessage({ key, value, ...(timestamp >= 0 && { timestamp }) }).then(
      ({ offset, topic, partition }: WriteReceipt) => {
        this.#acked++
        this.#settled('producer_send_success', { key, value, offset, topic, partition })
      },
      (error: unknown) => {
        const exception = error instanceof Error ? error.name : 'Error'
        this.#settled('producer_send_error', { topic: this.#topic, key, value, exception, message: messageOf(error) })
      },
    )
  }

  #settled(event: string, details: Readonly<Record<string, unknown>>): void {
    this.#underWay--
    this.#lines.tell(event, details)
    this.#roomy?.()
  }

  /** Waits until no more than so many are on their way. */
  #fewer(most: number): Promise<void> {
    return new Promise(resolve => {
      this.#roomy = () => {
        if (this.#underWay > most) return
        this.#roomy = undefined
        resolve()
      }
      this.#roomy()
    })
  }
}
