import { messageOf } from '../../../src/base/errors.ts'
import type { CompressionName } from '../../../src/compression/codec.ts'
import type { RequiredAcksName } from '../../../src/protocol/acks.ts'
import type { MessageInput } from '../../../src/records/message-input.ts'
import { Writer } from '../../../src/writer/writer.ts'
import { type ClusterAccess, type ClusterValues, withCluster } from '../cluster-options.ts'
import { type CommandContext, exitStatus } from '../command.ts'
import { Pace } from '../pace.ts'
import { Progress } from '../progress.ts'
import { tableOf } from '../table.ts'
import { Latencies } from './latencies.ts'
import { rateOf } from './rate.ts'

export interface ProducePlan {
  /** undefined: one of its own. */
  readonly topic: string | undefined
  readonly partitions: number | undefined
  readonly count: number
  /** Bytes of a value. */
  readonly size: number
  /** Records a second; Infinity for no limit. */
  readonly throughput: number
  readonly batchBytes: number
  readonly acks: string
  readonly compression: string
}

/** How many records are on their way at once, unless they are large. */
const mostUnderWay = 50_000
const mostBytesUnderWay = 32 * 1024 * 1024

/** Writes, and prints how fast that was; the exit status. */
export function benchProduce(plan: ProducePlan, values: ClusterValues, context: CommandContext): Promise<number> {
  return withCluster(values, context, async cluster => {
    if (plan.topic !== undefined) return write(cluster, plan.topic, plan, context)
    const topic = `isokafka-bench-${crypto.randomUUID()}`
    const { partitions: numPartitions } = plan
    const made = { topic, ...(numPartitions !== undefined && { numPartitions }) }
    const { errors } = await cluster.client.createTopics({ topics: [made] }, { signal: context.signal })
    if (errors[topic]) throw errors[topic]
    try {
      return await write(cluster, topic, plan, context)
    } finally {
      await cluster.client.deleteTopics({ topics: [topic] })
    }
  })
}

async function write(
  { addr, transport }: ClusterAccess,
  topic: string,
  plan: ProducePlan,
  context: CommandContext,
): Promise<number> {
  const { count, size, throughput, batchBytes } = plan
  const writer = new Writer({
    addr,
    topic,
    transport,
    batchBytes,
    messageBytes: Math.max(batchBytes, size + 1_000),
    compression: plan.compression as CompressionName,
    requiredAcks: plan.acks as RequiredAcksName,
  })
  const latencies = new Latencies()
  const progress = new Progress(context, count)
  const payloads = randomPayloads(size)
  // Small enough for a hundred calls a second, and for several to be under way.
  const most = Math.max(1, Math.min(mostUnderWay, Math.floor(mostBytesUnderWay / size)))
  const perCall = Math.max(1, Math.min(500, Math.ceil(throughput / 100), Math.ceil(most / 16)))
  const [began, pace] = [performance.now(), new Pace(throughput)]
  const underWay = new Set<Promise<void>>()
  let failure: unknown
  let [sent, acked, waiting] = [0, 0, 0]
  try {
    while (sent < count && failure === undefined && !context.signal.aborted) {
      const messages: MessageInput[] = []
      while (messages.length < perCall && sent + messages.length < count)
        messages.push({ value: payloads[(sent + messages.length) % payloads.length]! })
      const given = performance.now()
      const onWritten = (_: unknown, from: number, to: number): void =>
        latencies.add(performance.now() - given, to - from)
      const written: Promise<void> = writer
        .writeMessages(messages, { onWritten })
        .then(
          () => {
            acked += messages.length
            progress.add(messages.length, messages.length * size)
          },
          error => {
            failure ??= error
          },
        )
        .finally(() => {
          underWay.delete(written)
          waiting -= messages.length
        })
      underWay.add(written)
      sent += messages.length
      waiting += messages.length
      await pace.reach(sent, context.signal)
      while (waiting > most - perCall) await Promise.race(underWay)
    }
    await Promise.all(underWay)
  } finally {
    progress.end()
    await writer.close({ signal: AbortSignal.abort() })
  }
  // Without anything to tell of, that is all.
  if (failure !== undefined && acked === 0) throw failure
  if (failure !== undefined) context.warn(`isokafka: not all was written: ${messageOf(failure)}`)
  const head = ['records', 'records/s', 'MB/s', 'avg ms', 'p50 ms', 'p95 ms', 'p99 ms', 'p99.9 ms', 'max ms']
  const times = [
    latencies.average,
    ...[0.5, 0.95, 0.99, 0.999].map(share => latencies.percentile(share)),
    latencies.max,
  ]
  const row = [...rateOf(acked, acked * size, performance.now() - began), ...times.map(each => each.toFixed(1))]
  await context.write(tableOf(head, [row], context))
  if (failure !== undefined) return exitStatus.failed
  if (sent < count) throw context.signal.reason
  return exitStatus.done
}

/** Letters, as records of other programs are likelier to be compressed well than bytes at random. */
function randomPayloads(size: number): Buffer[] {
  const count = Math.max(1, Math.min(1_000, Math.floor(mostBytesUnderWay / size)))
  return Array.from({ length: count }, () => {
    const payload = Buffer.allocUnsafe(size)
    for (let i = 0; i < size; i++) payload[i] = 65 + Math.floor(Math.random() * 26)
    return payload
  })
}
