import type { Cluster, WaitOptions } from './cluster.ts'
import { isTemporary } from './retry.ts'
import type { Row } from './routes.ts'

const createTopics = 19
const deleteTopics = 20
const createPartitions = 37

/** After topics were made or deleted: waits until the metadata has them, for a little while at most since the change itself is done; forgets what is gone. */
export async function noteTopicChanges(cluster: Cluster, apiKey: number, request: Row, response: Row, options: WaitOptions): Promise<void> {
  if (apiKey === deleteTopics) cluster.forgetTopics(changed(response['responses']))
  if (request['validateOnly'] === true) return
  if (apiKey === createTopics) await hushed(cluster.awaitTopics(changed(response['topics']), options), options)
  if (apiKey === createPartitions) await hushed(cluster.refresh(changed(response['results']), options), options)
}

function changed(results: readonly Row[]): string[] {
  return results.filter(({ errorCode, name }) => errorCode === 0 && name).map(({ name }) => name)
}

async function hushed(wait: Promise<void>, { signal }: WaitOptions): Promise<void> {
  try {
    await wait
  } catch (error) {
    if (signal?.aborted || !isTemporary(error)) throw error
  }
}
