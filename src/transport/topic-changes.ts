import { isTemporary } from '../base/errors.ts'
import type { Cluster, WaitOptions } from './cluster.ts'
import type { Row } from './shape.ts'

const createTopics = 19
const deleteTopics = 20
const createPartitions = 37

/** The change itself is done, so that not all brokers need know of it at any price, in milliseconds. */
const patience = 5000

/** After topics were made, extended or deleted: waits a while until all brokers know. */
export async function awaitTopicChanges(
  cluster: Cluster,
  apiKey: number,
  request: Row,
  response: Row,
  within: WaitOptions,
): Promise<void> {
  if (request['validateOnly'] === true) return
  const options = { ...within, timeoutMs: Math.min(patience, within.timeoutMs ?? patience) }
  try {
    if (apiKey === createTopics) await cluster.awaitTopics(done(response['topics']), options)
    if (apiKey === createPartitions) await cluster.refresh(done(response['results']), options)
    if (apiKey === deleteTopics) await cluster.awaitDeleted(idsOf(response['responses']), options)
  } catch (error) {
    if (options.signal?.aborted || !isTemporary(error)) throw error
  }
}

function done(results: readonly Row[]): string[] {
  return [...idsOf(results).keys()]
}

function idsOf(results: readonly Row[]): Map<string, string> {
  return new Map(
    results.filter(({ errorCode, name }) => errorCode === 0 && name).map(({ name, topicId }) => [name, topicId]),
  )
}
