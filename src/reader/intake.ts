import type { ResponseOf } from '../protocol/api.ts'
import { ErrorCode, errorFor, KafkaError } from '../protocol/errors.ts'
import type { Fetch } from '../protocol/fetch.ts'
import type { FramePool } from '../socket/frame-pool.ts'
import { isMoved } from '../transport/leaders.ts'
import type { BatchQueue } from './batch-queue.ts'
import { SharedFrame } from './fetched.ts'
import type { Fetcher, FetcherParts } from './fetcher.ts'
import type { FlightPlan } from './flight.ts'
import type { Position } from './position.ts'
import { type Answered, type PartitionAnswer, readPartition } from './read-answer.ts'
import type { Whereabouts } from './whereabouts.ts'

export interface IntakeParts extends FetcherParts {
  readonly fetcher: Fetcher
  readonly whereabouts: Whereabouts
  readonly queue: BatchQueue
  readonly pool: FramePool
}

type Endpoint = ResponseOf<typeof Fetch>['nodeEndpoints'][number]

/** Takes in the answers to fetches: batches into the queue, errors to where they belong. */
export class Intake {
  /** Bytes of frames that are still read from. */
  buffered = 0
  private readonly parts: IntakeParts
  private taking = false

  constructor(parts: IntakeParts) {
    this.parts = parts
  }

  take(plan: FlightPlan, response: ResponseOf<typeof Fetch>, frame: Uint8Array, durationMs: number): void {
    const { counters, fetcher, pool, queue, transport } = this.parts
    const shared = new SharedFrame(() => {
      this.buffered -= frame.length
      pool.give(frame)
      // While an answer is being taken in, its flight has not landed: the fetcher plans after that.
      if (!this.taking) fetcher.plan()
    })
    this.taking = true
    this.buffered += frame.length
    shared.hold()
    const queued = queue.messages
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
          if (position?.live && position.flying) this.takePartition(position, answer, response.nodeEndpoints, shared)
        }
      }
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
  }

  private takePartition(position: Position, answer: PartitionAnswer, endpoints: readonly Endpoint[], frame: SharedFrame): void {
    const { brokers, counters, fetcher, queue, settings, transport, whereabouts } = this.parts
    position.flying = false
    let answered: Answered
    try {
      answered = readPartition(position, answer, settings.isolationLevel)
    } catch (error) {
      return fetcher.fail(position, error)
    }
    const { error, batches, partedAt, leader } = answered
    if (error === null && partedAt < 0) {
      fetcher.succeed(position)
      for (const { batch, from } of batches) queue.push({ position, batch, from, frame, highWaterMark: position.end })
    } else if (error === null) {
      const read = position.offset
      position.offset = partedAt
      position.lastEpoch = -1
      fetcher.report(position, truncated(position, read))
    } else if (error.code === ErrorCode.OffsetOutOfRange) void whereabouts.outOfRange(position)
    else if (isMoved(error.code)) {
      counters.rebalances++
      if (leader !== null) {
        const endpoint = endpoints.find(({ nodeId }) => nodeId === leader.id)
        const { topic, partition } = position
        transport.cluster(brokers).learnLeader(topic, partition, leader.id, leader.epoch, endpoint && { ...endpoint, id: leader.id })
      }
      fetcher.fail(position, error, { lost: leader === null })
    } else fetcher.fail(position, error)
  }
}

function truncated({ name, offset }: Position, read: number): KafkaError {
  return new KafkaError(
    ErrorCode.OffsetOutOfRange,
    `${name} was read up to ${read}, but its log now parts from that at ${offset}: messages were lost in an unclean election, and reading goes on from there`,
  )
}
