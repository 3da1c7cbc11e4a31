import { ConfigError } from '../base/errors.ts'
import { shown } from '../base/settings.ts'
import type { TopicPartition } from '../transport/layout.ts'

/** A ConfigError for what names no partition: taken as it is, it would be one that is not read. */
export function checkNamed(method: string, topic: unknown, partition: unknown): void {
  if (typeof topic !== 'string') throw new ConfigError(`${method}: the topic must be a string, not ${shown(topic)}`)
  if (typeof partition !== 'number')
    throw new ConfigError(`${method}: the partition must be a number, not ${shown(partition)}`)
}

/** The same for a list of them. */
export function checkList(method: string, partitions: readonly TopicPartition[]): void {
  if (!Array.isArray(partitions))
    throw new ConfigError(`${method} takes a list, as in [{ topic, partition }], not ${shown(partitions)}`)
  for (const { topic, partition } of partitions.map(each => each ?? {})) checkNamed(method, topic, partition)
}
