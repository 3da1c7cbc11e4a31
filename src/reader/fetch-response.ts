import { ProtocolError } from '../base/errors.ts'
import type { ResponseOf } from '../protocol/api.ts'
import { ErrorCode, errorFor, KafkaError } from '../protocol/errors.ts'
import type { Fetch } from '../protocol/fetch.ts'
import type { FramePool } from '../socket/frame-pool.ts'
import { isMoved } from '../transport/moved.ts'
import type { BatchQueue } from './batch-queue.ts'
import { SharedFrame } from './fetched.ts'
import type { Fetcher, FetcherParts } from './fetcher.ts'
import type { FlightPlan } from './flight.ts'
import type { OffsetResolver } from './offset-resolver.ts'
import type { Position } from './position.ts'
import type { PrefetchBudget } from './prefetch-budget.ts'
import { type Answered, type PartitionAnswer, readPartition } from './read-answer.ts'

export interface IntakeParts extends FetcherParts {
  readonly fetcher: Fetcher
  readonly whereabouts: OffsetResolver
  readonly queue: BatchQueue
  readonly pool: FramePool
  readonly room: PrefetchBudget
}

type Endpoint = ResponseOf<typeof Fetch>['nodeEndpoints'][number]

/** Takes in the answers to fetches: batches into the queue, errors to where they belong. */
export class FetchResponse {
  private readonly parts: IntakeParts
  private taking = false

  constructor(parts: IntakeParts) {
    this.parts = parts
  }

  /** Whether anything came of it: an answer without messages or errors is one to a poll that waited in vain. */
  take(plan: FlightPlan, response: ResponseOf<typeof Fetch>, frame: Uint8Array, durationMs: number): boolean {
    const { counters, fetcher, pool, queue, room, transport } = this.parts
    const shared = new SharedFrame(reusable => {
      room.give(plan.leader, frame.length)
      if (reusable) pool.give(frame)
      // While an answer is being taken in, its flight has not landed: the fetcher plans after that.
      if (!this.taking) fetcher.plan()
    })
    this.taking = true
    room.take(plan.leader, frame.length)
    shared.hold()
    const queued = queue.messages
    let fruitful = false
    try {
      const error = errorFor(response.errorCode)
      if (error !== null) throw error
      const asked = new Map<string, Position>()
      for (const position of plan.positions) {
        asked.set(`${position.topic} ${position.partition}`, position)
        asked.set(`${position.topicId} ${position.partition}`, position)
      }
      for (const { topic, topicId, partitions } of response.responses) {
        for (const answer of partitions) {
          const position = asked.get(`${topic === '' ? topicId : topic} ${answer.partitionIndex}`)
          // Each once: a second answer would be read from the wrong place.
          if (position?.live && position.flying) fruitful = this.takePartition(position, answer, response.nodeEndpoints, shared) || fruitful
        }
      }
      for (const position of plan.positions)
        if (position.flying)
          fetcher.fail(position, new ProtocolError(`broker ${plan.leader} left ${position.name} out of its answer to a fetch`))
    } finally {
      shared.release()
      this.taking = false
    }
    counters.fetches++
    counters.readTime.observe(durationMs)
    counters.fetchBytes.observe(frame.length)
    counters.fetchSize.observe(queue.messages - queued)
    transport.onEvent?.({ type: 'fetch', broker: String(plan.leader), partitions: plan.positions.length, bytes: frame.length, durationMs })
    if (queue.messages > queued) this.parts.onNews()
    return fruitful
  }

  private takePartition(position: Position, answer: PartitionAnswer, endpoints: readonly Endpoint[], frame: SharedFrame): boolean {
    const { brokers, counters, fetcher, queue, settings, transport, whereabouts } = this.parts
    position.flying = false
    const asked = position.offset
    let answered: Answered
    try {
      answered = readPartition(position, answer, settings.isolationLevel)
    } catch (error) {
      fetcher.fail(position, error)
      return true
    }
    const { error, batches, partedAt } = answered
    if (error === null && partedAt < 0) {
      fetcher.succeed(position)
      for (const { batch, from } of batches) queue.push({ position, batch, from, frame, highWaterMark: position.end })
      return position.offset > asked
    }
    if (error === null) {
      position.offset = partedAt
      position.lastEpoch = -1
      fetcher.report(position, truncated(position, asked))
    } else if (error.code === ErrorCode.OffsetOutOfRange) void whereabouts.outOfRange(position)
    else if (isMoved(error.code)) {
      counters.rebalances++
      const learned = transport.cluster(brokers).learnLeader(position, { ...answer.currentLeader, endpoints })
      fetcher.fail(position, error, { lost: !learned })
    } else fetcher.fail(position, error)
    return true
  }
}

function truncated({ name, offset }: Position, read: number): KafkaError {
  return new KafkaError(
    ErrorCode.OffsetOutOfRange,
    `${name} was read up to ${read}, but its log now parts from that at ${offset}: messages were lost in an unclean election, and reading goes on from there`,
  )
}
