import type { AddressLike } from '../base/address.ts'
import type { CallOptions } from '../base/signals.ts'
import { errorFor, type KafkaError } from '../protocol/errors.ts'
import { ListOffsets } from '../protocol/list-offsets.ts'
import { type IsolationLevel, LastOffset } from '../protocol/offsets.ts'
import type { Transport } from './transport.ts'

export interface OffsetQuestion {
  readonly topic: string
  readonly partition: number
  /** Milliseconds since 1970, FirstOffset or LastOffset. */
  readonly timestamp: number
}

export interface OffsetAnswer {
  /** −1: no record at or after that time. */
  readonly offset: number
  readonly error: KafkaError | null
}

/**
 * Asks the partitions' leaders; answers in the order of the questions, null for one they left out. A partition may be
 * asked about once.
 */
export async function findOffsets(
  { transport, brokers }: { transport: Transport; brokers: AddressLike },
  questions: readonly OffsetQuestion[],
  isolationLevel: IsolationLevel,
  options: CallOptions & { timeoutMs?: number } = {},
): Promise<(OffsetAnswer | null)[]> {
  const topics = new Map<string, { partitionIndex: number; timestamp: number }[]>()
  for (const { topic, partition, timestamp } of questions) {
    const partitions = topics.get(topic) ?? []
    topics.set(topic, partitions)
    partitions.push({ partitionIndex: partition, timestamp })
  }
  const request = {
    replicaId: -1,
    isolationLevel,
    topics: [...topics].map(([name, partitions]) => ({ name, partitions })),
  }
  const response = await transport.roundTrip(brokers, ListOffsets, request, options)
  // One may ask about ten thousand partitions.
  const answers = new Map(
    response.topics.map(({ name, partitions }) => [name, new Map(partitions.map(each => [each.partitionIndex, each]))]),
  )
  return questions.map(({ topic, partition }) => {
    const found = answers.get(topic)?.get(partition)
    return found === undefined
      ? null
      : { offset: found.offset, error: errorFor(found.errorCode, `${topic}/${partition}`) }
  })
}

/**
 * Asks where to begin at each of these times, or at FirstOffset or LastOffset. Where nothing is as young as a time
 * (`isNone`) that is the end, as it was before the time was asked for: what is written between the two is younger, and
 * would be left out.
 */
export async function findStarts<Question extends { readonly timestamp: number }, Answer>(
  questions: readonly Question[],
  ask: (questions: readonly Question[]) => Promise<readonly Answer[]>,
  isNone: (answer: Answer) => boolean,
): Promise<Answer[]> {
  const timed = questions.filter(({ timestamp }) => timestamp >= 0)
  const ends = timed.length === 0 ? [] : await ask(timed.map(question => ({ ...question, timestamp: LastOffset })))
  const answers = questions.length === 0 ? [] : await ask(questions)
  let next = 0
  return answers.map((answer, i) => {
    if (questions[i]!.timestamp < 0) return answer
    const end = ends[next++]!
    return isNone(answer) ? end : answer
  })
}
