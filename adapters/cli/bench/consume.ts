import type { IsolationLevelName } from '../../../src/protocol/offsets.ts'
import type { MessageBatch } from '../../../src/reader/message-batch.ts'
import { Reader } from '../../../src/reader/reader.ts'
import { type ClusterAccess, type ClusterValues, withCluster } from '../cluster-options.ts'
import { type CommandContext, exitStatus } from '../command.ts'
import type { OffsetRange } from '../offset-range.ts'
import { Progress } from '../progress.ts'
import { RangeReader, spansOf } from '../range-reader.ts'
import { tableOf } from '../table.ts'
import { rateOf } from './rate.ts'

export interface ConsumePlan {
  readonly topic: string
  readonly group: string | undefined
  readonly range: OffsetRange
  /** undefined: to the range's end, or as far as the topic goes. */
  readonly count: number | undefined
  readonly isolationLevel: IsolationLevelName
}

/** Reads, and prints how fast that was; the exit status. */
export function benchConsume(plan: ConsumePlan, values: ClusterValues, context: CommandContext): Promise<number> {
  return withCluster(values, context, async cluster => {
    const tally = new Tally(context, plan.count)
    try {
      await (plan.group === undefined
        ? readRange(cluster, plan, tally, context)
        : readGroup(cluster, plan, tally, context))
    } finally {
      tally.end()
    }
    const head = ['records', 'records/s', 'MB/s', 'first after ms']
    await context.write(tableOf(head, [tally.row], context))
    return exitStatus.done
  })
}

async function readRange(
  { addr, transport, client }: ClusterAccess,
  { topic, range, isolationLevel }: ConsumePlan,
  tally: Tally,
  { signal }: CommandContext,
): Promise<void> {
  const to = range.to ?? { at: 'end' as const }
  const spans = await spansOf(client, topic, undefined, { ...range, to }, isolationLevel, signal)
  const reader = new Reader({ brokers: addr, topic, isolationLevel, transport })
  try {
    const ranges = new RangeReader(reader, topic, spans, signal)
    for (let goesOn = true; goesOn; ) {
      const found = await ranges.next()
      goesOn = found !== undefined && tally.take(found.batch, found.from, found.to)
    }
  } finally {
    await reader.close()
  }
}

async function readGroup(
  { addr, transport }: ClusterAccess,
  { topic, group, isolationLevel }: ConsumePlan,
  tally: Tally,
  { signal }: CommandContext,
): Promise<void> {
  const reader = new Reader({
    brokers: addr,
    groupId: group!,
    groupTopics: [topic],
    isolationLevel,
    transport,
    autoCommit: true,
  })
  // To ask for more, though nothing more is wanted, has the last batch committed.
  const enough = new AbortController()
  try {
    for await (const batch of reader.batches({ signal: AbortSignal.any([signal, enough.signal]) }))
      if (!tally.take(batch)) enough.abort()
  } catch (error) {
    if (!enough.signal.aborted) throw error
  } finally {
    await reader.close()
  }
}

/** What was read so far. */
class Tally {
  readonly #most: number
  readonly #progress: Progress
  readonly #began = performance.now()
  #first: number | undefined
  #last = this.#began
  #records = 0
  #bytes = 0

  constructor(context: CommandContext, most: number | undefined) {
    this.#most = most ?? Number.POSITIVE_INFINITY
    this.#progress = new Progress(context, most)
  }

  /** Counts keys and values of a batch, from one offset up to another; whether more is wanted. */
  take(batch: MessageBatch, from = 0, to = Number.POSITIVE_INFINITY): boolean {
    this.#first ??= performance.now()
    let [records, bytes] = [0, 0]
    for (const cursor = batch.cursor(); this.#records + records < this.#most && cursor.next(); ) {
      if (cursor.offset < from || cursor.offset >= to) continue
      records++
      bytes += Math.max(0, cursor.keyLength) + Math.max(0, cursor.valueLength)
    }
    this.#records += records
    this.#bytes += bytes
    this.#last = performance.now()
    this.#progress.add(records, bytes)
    return this.#records < this.#most
  }

  end(): void {
    this.#progress.end()
  }

  /** From when the first batch was here on: what it takes to connect, or to join a group, is told by itself. */
  get row(): string[] {
    const first = this.#first ?? this.#last
    return [...rateOf(this.#records, this.#bytes, this.#last - first), (first - this.#began).toFixed(0)]
  }
}
