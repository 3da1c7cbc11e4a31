import { ConfigError } from '../base/errors.ts'
import { shown } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import type { Caller } from '../client/caller.ts'
import { metadata } from '../client/metadata.ts'
import { createTopics, deleteTopics, type TopicConfig } from '../client/topics.ts'
import { ErrorCode } from '../protocol/errors.ts'
import type { Broker, Partition } from '../transport/layout.ts'

// What a Conn asks its broker of the cluster.

/**
 * The partitions of these topics, by default of all there are. An error of a topic is thrown if it is `own`, or `own` is
 * ''; others are left out.
 */
export async function readPartitions(
  caller: Caller,
  asked: string | readonly string[] | undefined,
  own: string,
  options: CallOptions,
): Promise<Partition[]> {
  const named = asked === undefined ? [] : namesIn(asked)
  const topics = named.length > 0 ? named : own === '' ? undefined : [own]
  const told = await metadata(caller, topics === undefined ? {} : { topics }, options)
  for (const { name, error } of told.topics) if (error !== null && (own === '' || name === own)) throw error
  return told.topics.flatMap(({ partitions }) => partitions)
}

export async function readBrokers(
  caller: Caller,
  options: CallOptions,
): Promise<{ controller: Broker; brokers: Broker[] }> {
  return metadata(caller, { topics: [] }, options)
}

/** Makes what is not there yet. */
export async function makeTopics(
  caller: Caller,
  asked: TopicConfig | readonly TopicConfig[],
  options: CallOptions,
): Promise<void> {
  const topics = (Array.isArray(asked) ? asked : [asked]) as readonly TopicConfig[]
  const { errors } = await createTopics(caller, { topics }, options)
  for (const error of Object.values(errors))
    if (error !== null && error.code !== ErrorCode.TopicAlreadyExists) throw error
}

export async function dropTopics(
  caller: Caller,
  asked: string | readonly string[],
  options: CallOptions,
): Promise<void> {
  const { errors } = await deleteTopics(caller, { topics: namesIn(asked) }, options)
  for (const error of Object.values(errors)) if (error !== null) throw error
}

function namesIn(asked: string | readonly string[]): readonly string[] {
  const names = typeof asked === 'string' ? [asked] : asked
  if (!Array.isArray(names) || names.some(name => typeof name !== 'string'))
    throw new ConfigError(`a topic's name is wanted, or a list of them, not ${shown(asked)}`)
  return names
}
