import { ProtocolError } from '../base/errors.ts'
import { ErrorCode, errorFor, hasCode, type KafkaError } from '../protocol/errors.ts'
import { OffsetForLeaderEpoch } from '../protocol/offset-for-leader-epoch.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import type { RequestOptions } from '../socket/connection-config.ts'
import type { LogOffset } from './log-offset.ts'
import type { Position } from './position.ts'

interface Question {
  readonly position: Position
  /** The epoch of the leader that is asked. */
  readonly currentLeaderEpoch: number
}

/**
 * Asks a leader where the epochs of what was read end in its log (KIP-320), by the names of partitions. It leaves out
 * what it does not know, or all if it can't be asked.
 */
export async function epochEnds(
  connection: BrokerConnection,
  questions: readonly Question[],
  options: RequestOptions,
): Promise<Map<string, LogOffset | KafkaError>> {
  const topics = new Map<string, { partition: number; currentLeaderEpoch: number; leaderEpoch: number }[]>()
  for (const { position, currentLeaderEpoch } of questions) {
    const { topic, partition, leaderEpoch } = position
    const partitions = topics.get(topic) ?? []
    topics.set(topic, partitions)
    partitions.push({ partition, currentLeaderEpoch, leaderEpoch })
  }
  const request = { replicaId: -1, topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })) }
  const response = await connection.request(OffsetForLeaderEpoch, request, options).catch(error => {
    if (error instanceof ProtocolError && hasCode(error.cause, ErrorCode.UnsupportedVersion)) return { topics: [] }
    throw error
  })
  const ends = new Map<string, LogOffset | KafkaError>()
  for (const { topic, partitions } of response.topics) {
    for (const { partition, errorCode, endOffset, leaderEpoch } of partitions) {
      const name = `${topic}/${partition}`
      const error = errorFor(errorCode, name)
      if (error !== null) ends.set(name, error)
      else if (endOffset >= 0) ends.set(name, { offset: endOffset, leaderEpoch })
    }
  }
  return ends
}
