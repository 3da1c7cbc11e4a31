import { Client } from '../../src/index.ts'
import { until } from '../../test/support/waiting.ts'

/** A cluster whose coordinators have loaded what they will be asked about: kafkajs crashes where they have not. */
export async function loaded<C extends { readonly brokers: readonly string[] }>(cluster: C): Promise<C> {
  await using client = new Client({ addr: [...cluster.brokers] })
  // As many as there are partitions to load, twice, so that most of them are met.
  const groupIds = Array.from({ length: 100 }, (_, at) => `loaded-${at}`)
  const areLoaded = async (): Promise<boolean> => {
    const answers = await Promise.all(groupIds.map(groupId => client.offsetFetch({ groupId })))
    return answers.every(({ error }) => error === null)
  }
  // A busy machine takes its time to make the topic of offsets.
  await until(AbortSignal.timeout(100_000), () => areLoaded().catch(() => false))
  return cluster
}
