import { IsoKafkaError, isTemporary, messageOf } from '../../../src/base/errors.ts'
import type { ClientEvent } from '../../../src/base/events.ts'
import { sleep } from '../../../src/base/signals.ts'
import { ErrorCode, hasCode } from '../../../src/protocol/errors.ts'
import { Reader } from '../../../src/reader/reader.ts'
import { clusterHelp, clusterOptions, withCluster } from '../cluster-options.ts'
import { type Command, type CommandContext, exitStatus, Stopped, UsageError } from '../command.ts'
import { parseOptions, wholeOrMinusOne } from '../options.ts'
import { readerConfigOf } from './consumer-config.ts'
import { ConsumerEvents } from './consumer-events.ts'
import { EventLines } from './event-lines.ts'
import { JavaProperties } from './java-properties.ts'
import { transportOf } from './java-security.ts'

export const verifiableConsumerCommand: Command = {
  name: 'verifiable-consumer',
  summary: "reads in a group and says what it was given, as Kafka's own for system tests",
  help: `usage: isokafka verifiable-consumer --topic name --group-id id [options]

Reads a topic as a member of a group, and prints a line of JSON for all that happens, as kafka-verifiable-consumer.sh does:
startup_complete, partitions_assigned, partitions_revoked, records_consumed, record_data, offsets_committed, shutdown_requested,
shutdown_complete.

  --topic name                   what to read
  --group-id id                  the group
  --max-messages number          how many; -1, the default: until it is stopped
  --verbose                      prints each record, too
  --enable-autocommit            commits now and then, and tells nothing of it; by default after each read
  --reset-policy policy          where the group begins that has committed nothing, and goes on when its offset is gone: earliest (the
                                 default), latest, or none: it ends
  --group-protocol name          classic (the default) or consumer
  --assignment-strategy classes  of the classic protocol, by Java's names: RangeAssignor (the default), RoundRobinAssignor,
                                 StickyAssignor, CooperativeStickyAssignor
  --group-remote-assignor name   of the consumer protocol: uniform or range
  --group-instance-id name       a static member
  --session-timeout ms           of the classic protocol; 45000 by default
  --command-config path          settings as Java has them: isolation.level, max.poll.records, heartbeat.interval.ms, client.rack,
                                 client.id, security.protocol, ssl.* (PEM), sasl.* …; --consumer.config is the same
  --bootstrap-server list        --brokers by its name in Kafka's tools
${clusterHelp}

examples:
  isokafka verifiable-consumer --bootstrap-server localhost:9092 --topic numbers --group-id readers --max-messages 1000
  isokafka verifiable-consumer --topic numbers --group-id readers --group-protocol consumer --verbose`,

  async run(args, context) {
    const text = { type: 'string' } as const
    const values = parseOptions(
      args,
      {
        topic: text,
        'group-id': text,
        'max-messages': { ...text, default: '-1' },
        verbose: { type: 'boolean', default: false },
        'enable-autocommit': { type: 'boolean', default: false },
        'reset-policy': { ...text, default: 'earliest' },
        'group-protocol': { ...text, default: 'classic' },
        'assignment-strategy': text,
        'group-remote-assignor': text,
        'group-instance-id': text,
        'session-timeout': text,
        'command-config': text,
        'consumer.config': text,
        'bootstrap-server': text,
        ...clusterOptions,
      },
      ['--max-messages'],
    )
    const { topic, 'group-id': groupId } = values
    if (topic === undefined) throw new UsageError('--topic says what to read')
    if (groupId === undefined) throw new UsageError('--group-id says which group')
    if (values['command-config'] !== undefined && values['consumer.config'] !== undefined)
      throw new UsageError('--command-config and --consumer.config are the same')
    const most = wholeOrMinusOne('--max-messages', values['max-messages'])
    const properties = JavaProperties.of('--command-config', values['command-config'] ?? values['consumer.config'])
    const config = readerConfigOf(values, properties)
    const atOnce = properties.number('max.poll.records', 1) ?? 500
    const commitInterval = properties.number('auto.commit.interval.ms', 1) ?? 5_000
    const settings = transportOf(properties)
    properties.tellUnused(context.warn)

    const lines = new EventLines(context)
    const events = new ConsumerEvents(lines, topic, values.verbose)
    const onEvent = (event: ClientEvent): void => {
      if (event.type === 'rebalance') events.divided(event.assignments[topic] ?? [])
    }
    const place = { ...values, brokers: values['bootstrap-server'] ?? values.brokers }
    return withCluster(
      place,
      context,
      async ({ addr, transport, client }) => {
        const ending = new AbortController()
        const signal = AbortSignal.any([context.signal, ending.signal])
        const reader = new Reader({
          brokers: addr,
          transport,
          groupId,
          groupTopics: [topic],
          ...config,
          ...(values['enable-autocommit'] && { commitInterval }),
          onAssigned: async partitions => {
            events.assigned(partitions)
            if (values['reset-policy'] !== 'none') return
            const asked = { groupId, topics: { [topic]: partitions.map(({ partition }) => partition) } }
            const { topics } = await client.offsetFetch(asked, { signal })
            const missing = topics[topic]?.find(({ committedOffset }) => committedOffset < 0)
            if (missing !== undefined)
              ending.abort(new NoOffsetError(`${topic}/${missing.partition}: the group has committed nothing there`))
          },
          onRevoked: partitions => events.revoked(partitions),
          onLost: partitions => events.revoked(partitions),
        })
        const member: Member = { reader, events, lines, atOnce, commits: !values['enable-autocommit'] }
        return await consume(member, most, signal, context)
      },
      { ...settings, onEvent, waits: true },
    )
  },
}

/** Nothing says where to begin. */
class NoOffsetError extends IsoKafkaError {}

interface Member {
  readonly reader: Reader
  readonly events: ConsumerEvents
  readonly lines: EventLines
  readonly atOnce: number
  /** Whether what was read is committed at once, and told of. */
  readonly commits: boolean
}

/** Reads until there is an end; the exit status. */
async function consume(member: Member, most: number, signal: AbortSignal, context: CommandContext): Promise<number> {
  const { reader, lines } = member
  let isRequested = false
  const requested = (): void => {
    if (!isRequested) lines.tell('shutdown_requested')
    isRequested = true
  }
  context.signal.addEventListener('abort', requested, { once: true })
  try {
    lines.tell('startup_complete')
    await readAll(member, most < 0 ? Number.POSITIVE_INFINITY : most, signal, context)
    return exitStatus.done
  } catch (error) {
    // To be stopped is how one without an end ends.
    if (most < 0 && error instanceof Stopped) return exitStatus.done
    throw error
  } finally {
    context.signal.removeEventListener('abort', requested)
    await reader.close()
    lines.tell('shutdown_complete')
    requested()
    await lines.written()
  }
}

async function readAll(member: Member, most: number, signal: AbortSignal, { warn }: CommandContext): Promise<void> {
  const { reader, events, lines, atOnce } = member
  for (let left = most; left > 0; ) {
    try {
      const read = await reader.fetchMessages(Math.min(left, atOnce), { within: 0, signal })
      // What was taken away meanwhile is read by others.
      const messages = read.filter(message => events.has(message))
      if (messages.length === 0) continue
      left -= messages.length
      const offsets = events.consumed(messages)
      const last = [...offsets.values()]
      if (!member.commits) await reader.commitMessages(last, { signal })
      else
        try {
          await reader.commitMessages(last)
          events.committed(last)
        } catch (error) {
          if (hasCode(error, ErrorCode.FencedInstanceID)) throw error
          events.committed(last, messageOf(error))
        }
    } catch (error) {
      if (!isTemporary(error)) throw error
      // A cluster that is not there yet may come.
      warn(`isokafka: ${messageOf(error)}`)
      await sleep(500, { signal })
    }
    if (!(await lines.written())) return
  }
}
