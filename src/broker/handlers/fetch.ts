import { ProtocolError } from '../../base/errors.ts'
import { zeroUuid } from '../../bytes/reader.ts'
import type { RequestOf, ResponseInput } from '../../protocol/api.ts'
import { Fetch } from '../../protocol/fetch.ts'
import { deniedTopic } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { type FetchedPartition, type FetchTerms, read, readable, readLimit } from '../fetch/fetch-reader.ts'
import type { FetchSession, SessionPartition } from '../fetch/fetch-sessions.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'
import { Partition } from '../log/partition.ts'
import { endpointsOf } from '../topics/lookup.ts'
import { longestTopicName } from '../topics/names.ts'

type Request = RequestOf<typeof Fetch>
type Answer = ResponseInput<typeof Fetch>

export const fetch: Handler = handler(Fetch, [4, 18], async (request, context) => {
  const byId = context.apiVersion >= 13
  const session = enterSession(request, byId, context)
  if (typeof session === 'number') return { errorCode: session, sessionId: 0, responses: [] }
  const { partitions, incremental } = session
  const terms: FetchTerms = {
    isolationLevel: request.isolationLevel,
    rackId: request.rackId,
    byId,
    denied: context.access && (await deniedTopics(partitions.values(), byId, context)),
    context,
  }
  // Where all that wait watch as much as they may, this one does not wait.
  const { watched } = context.cluster
  if (watched.take(partitions.size)) {
    const taken = partitions.size
    // Not by the promise's own finally(), which takes longer in some engines: a run is to go the same way in all.
    try {
      await enoughToRead([...partitions.values()], request, terms)
    } finally {
      watched.giveBack(taken)
    }
  }
  const answers = readAll(partitions, request, terms)
  const news = answers.filter(([asked, answer]) => isNews(asked, answer))
  return {
    sessionId: session.id,
    responses: grouped(incremental ? news : answers),
    nodeEndpoints:
      context.apiVersion >= 16
        ? endpointsOf(
            answers.map(([, { currentLeader }]) => currentLeader?.leaderId ?? -1),
            context,
          )
        : [],
  }
})

/** The names, or ids, of the topics that the client may not read; once a request, however often it looks whether there is something to read. */
async function deniedTopics(
  partitions: Iterable<SessionPartition>,
  byId: boolean,
  context: RequestContext,
): Promise<ReadonlySet<string>> {
  const names = new Map<string, string>()
  for (const { topic, topicId } of partitions) {
    const name = byId ? context.cluster.topicById(topicId)?.name : topic
    if (name !== undefined) names.set(byId ? topicId : topic, name)
  }
  const denied = await context.cluster.turns.map([...names], ([key, name]) =>
    deniedTopic(context, Operation.read, name) === 0 ? [] : [key],
  )
  return new Set(denied.flat())
}

interface Entered {
  readonly id: number
  readonly incremental: boolean
  readonly partitions: Map<string, SessionPartition>
}

/** The partitions this request is about: those it names, or its session's (KIP-227); or an error code. */
function enterSession(request: Request, byId: boolean, { node: { fetchSessions } }: RequestContext): Entered | number {
  const { sessionId, sessionEpoch } = request
  // A session would keep them.
  if (request.topics.some(({ topic }) => topic.length > longestTopicName))
    throw new ProtocolError('a Fetch of a topic whose name is longer than any')
  if (sessionEpoch <= 0) {
    if (sessionId !== 0) fetchSessions.close(sessionId)
    const partitions = asked(new Map(), request, byId)
    const session = sessionEpoch === 0 ? fetchSessions.open(partitions, byId) : undefined
    return { id: session?.id ?? 0, incremental: false, partitions }
  }
  const session: FetchSession | number = fetchSessions.resume(sessionId, sessionEpoch, byId)
  if (typeof session === 'number') return session
  for (const { topic, topicId, partitions } of request.forgottenTopicsData)
    for (const partition of partitions) session.partitions.delete(keyOf(byId ? topicId : topic, partition))
  asked(session.partitions, request, byId)
  fetchSessions.changed(session)
  if (session.partitions.size > 0) return { id: session.id, incremental: true, partitions: session.partitions }
  fetchSessions.close(session.id)
  return { id: 0, incremental: false, partitions: session.partitions }
}

function keyOf(topic: string, partition: number): string {
  return `${topic} ${partition}`
}

/** Adds what the request names. */
function asked(into: Map<string, SessionPartition>, { topics }: Request, byId: boolean): Map<string, SessionPartition> {
  for (const { topic, topicId, partitions } of topics) {
    for (const { partition, currentLeaderEpoch, fetchOffset, lastFetchedEpoch, partitionMaxBytes } of partitions) {
      const key = keyOf(byId ? topicId : topic, partition)
      const told = into.get(key)?.told
      into.set(key, {
        topic,
        topicId,
        partition,
        currentLeaderEpoch,
        fetchOffset,
        lastFetchedEpoch,
        partitionMaxBytes,
        told,
      })
    }
  }
  return into
}

/** Waits until the partitions have the bytes asked for, one of them has something else to tell, or the time is up. */
async function enoughToRead(
  asked: readonly SessionPartition[],
  { minBytes, maxWaitMs }: Request,
  terms: FetchTerms,
): Promise<void> {
  const { cluster, connection } = terms.context
  if (maxWaitMs <= 0 || minBytes <= 0 || asked.length === 0) return
  const isEnough = (): boolean => {
    let bytes = 0
    for (const each of asked) {
      const partition = readable(each, terms)
      if (!(partition instanceof Partition)) return true
      bytes += Math.min(
        each.partitionMaxBytes,
        partition.log.available(each.fetchOffset, readLimit(partition, terms.isolationLevel), minBytes),
      )
      if (bytes >= minBytes) return true
    }
    return false
  }
  if (isEnough()) return
  await new Promise<void>(resolve => {
    const undo: (() => void)[] = []
    const done = (): void => {
      for (const each of undo) each()
      resolve()
    }
    const check = (): void => {
      if (isEnough()) done()
    }
    for (const each of asked) undo.push((readable(each, terms) as Partition).watch(check))
    undo.push(cluster.clock.after(maxWaitMs, done), connection.onEnd(done))
  })
}

/** Reads every partition, in order, within the response's bytes. */
function readAll(
  partitions: Map<string, SessionPartition>,
  { maxBytes }: Request,
  terms: FetchTerms,
): [SessionPartition, FetchedPartition][] {
  let left = Math.min(maxBytes, terms.context.cluster.configs.number('fetch.max.bytes'))
  let first = true
  const answers: [SessionPartition, FetchedPartition][] = []
  for (const [key, each] of [...partitions]) {
    const partition = readable(each, terms)
    const answer = partition instanceof Partition ? read(partition, each, terms, left, first) : partition
    const bytes = answer.records?.length ?? 0
    left = Math.max(0, left - bytes)
    answers.push([each, answer])
    if (bytes === 0) continue
    first = false
    // Behind those that got nothing this time.
    partitions.delete(key)
    partitions.set(key, each)
  }
  return answers
}

/** Whether an incremental answer must have it. What the client is told is kept. */
function isNews(asked: SessionPartition, answer: FetchedPartition): boolean {
  const { highWatermark, logStartOffset = -1 } = answer
  const { told } = asked
  const silent =
    answer.errorCode === 0 &&
    answer.records?.length === 0 &&
    (answer.preferredReadReplica ?? -1) < 0 &&
    answer.divergingEpoch === undefined
  if (silent && told?.highWatermark === highWatermark && told.logStartOffset === logStartOffset) return false
  asked.told = answer.errorCode === 0 ? { highWatermark, logStartOffset } : undefined
  return true
}

function grouped(answers: readonly [SessionPartition, FetchedPartition][]): Answer['responses'] {
  const topics = new Map<string, { topic: string; topicId: string; partitions: FetchedPartition[] }>()
  for (const [{ topic, topicId }, answer] of answers) {
    const key = topicId === zeroUuid ? topic : topicId
    const entry = topics.get(key)
    if (entry === undefined) topics.set(key, { topic, topicId, partitions: [answer] })
    else entry.partitions.push(answer)
  }
  return [...topics.values()]
}
