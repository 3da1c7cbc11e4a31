import { beforeAll, describe, expect, test } from 'vitest'
import { type Client, KafkaError } from '../../src/index.ts'
import type { Stage } from './administration.ts'
import { call, calls, methods, type Things } from './calls.ts'

/**
 * What each method of the Client comes to for a user without any right, alike on Kafka 4 and on the embedded broker,
 * and that nothing came of it.
 */
export function denials(stage: Stage, kind: 'kafka' | 'embedded'): void {
  let admin: Client
  let user: Client
  let things: Things
  beforeAll(async () => {
    admin = stage.client
    user = stage.alice()
    const topic = await stage.newTopic('not-for-alice')
    const groupId = 'not-of-alice'
    await admin.produce({ topic, partition: 0, records: [{ value: 'x' }] })
    await admin.offsetCommit({ groupId, topics: { [topic]: [{ partition: 0, offset: 1 }] } })
    const { producer } = await admin.initProducerId({ transactionalId: 'not-of-alice' })
    expect(producer).not.toBeNull()
    const { brokers } = await admin.metadata({ topics: [] })
    things = {
      topic,
      groupId,
      transactionalId: 'not-of-alice',
      fresh: 'not-made-by-alice',
      brokerId: brokers[0]!.id,
    }
  })

  /** What a user may not do must leave all this as it is. */
  async function state(): Promise<unknown> {
    const { topic, groupId } = things
    const { groups } = await admin.listGroups()
    const { topics } = await admin.metadata()
    const { resources } = await admin.describeConfigs({ resources: [{ resourceType: 'topic', resourceName: topic }] })
    return {
      topics: topics.map(({ name, partitions }) => [name, partitions.length]).sort(),
      groups: groups.map(({ groupId }) => groupId).sort(),
      configs: resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
      offsets: await admin.topicOffsets({ topics: [topic] }),
      position: (await admin.offsetFetch({ groupId })).topics,
      rules: (await admin.describeAcls()).resources,
      quotas: (await admin.describeClientQuotas()).entries,
      users: (await admin.describeUserScramCredentials()).results,
      features: (await admin.describeFeatures()).finalizedFeatures,
      moves: (await admin.listPartitionReassignments()).topics,
    }
  }

  describe('a user without any right', () => {
    let before: unknown
    beforeAll(async () => {
      before = await state()
    })

    test.each(methods)('%s', async method => {
      const { deniedEmbedded, ...sample } = calls[method]
      const denied = (kind === 'embedded' ? deniedEmbedded : undefined) ?? sample.denied
      const since = performance.now()
      const answer = await call(user, method, things).catch((error: unknown) => error)
      // Nothing is tried again in the hope that it be allowed.
      expect(performance.now() - since).toBeLessThan(5_000)
      const codes = codesIn(answer)
      if (typeof denied === 'number') expect(codes).toEqual([denied])
      else {
        expect(answer).not.toBeInstanceOf(Error)
        expect(codes).toEqual([])
        if (denied !== 'allowed') expect(answer).toMatchObject(denied)
      }
    })

    test('has changed nothing', async () => {
      expect(await state()).toEqual(before)
    })
  })
}

/** The codes of all errors in an answer, or behind an error that was thrown; each once. */
function codesIn(answer: unknown): number[] {
  const codes = new Set<number>()
  const look = (each: unknown): void => {
    if (each instanceof KafkaError) codes.add(each.code)
    else if (each instanceof Error) {
      if (each.cause === undefined) throw each
      look(each.cause)
    } else if (each instanceof Map) for (const value of each.values()) look(value)
    else if (Array.isArray(each)) for (const value of each) look(value)
    else if (typeof each === 'object' && each !== null && Object.getPrototypeOf(each) === Object.prototype)
      for (const value of Object.values(each)) look(value)
  }
  look(answer)
  return [...codes]
}
