import { ErrorCode, KafkaError } from '../protocol/errors.ts'

/** The error of a topic that nobody knows. */
export function unknownTopic(topic: string): KafkaError {
  const text = `topic ${topic} does not exist; create it, or set allowAutoTopicCreation of the Writer that writes to it`
  return new KafkaError(ErrorCode.UnknownTopicOrPartition, text)
}

export function isUnknownTopic(error: unknown): boolean {
  return (
    error instanceof KafkaError &&
    (error.code === ErrorCode.UnknownTopicOrPartition || error.code === ErrorCode.UnknownTopicID)
  )
}
