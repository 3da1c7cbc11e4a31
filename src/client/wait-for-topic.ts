import { backoffDelay } from '../base/backoff.ts'
import { Deadline } from '../base/deadline.ts'
import { TimeoutError } from '../base/errors.ts'
import type { SettingKinds } from '../base/settings.ts'
import { type CallOptions, sleep } from '../base/signals.ts'
import type { ResponseOf } from '../protocol/api.ts'
import { Metadata } from '../protocol/metadata.ts'
import type { Addressed, Caller } from './caller.ts'
import { errorAbout } from './error-about.ts'
import { metadata, type Topic } from './metadata.ts'

/** What `waitForTopic` of a Client is asked. */
export interface WaitForTopicRequest extends Addressed {
  /** The topic's name. */
  topic: string
  /** At least so many. Default 1. */
  partitions?: number
  /** Milliseconds. Default 30,000. */
  timeout?: number
}

export const waitForTopicSettings: SettingKinds<WaitForTopicRequest> = {
  addr: 'any',
  topic: 'string!',
  partitions: 'number',
  timeout: 'number',
}

/**
 * Waits until every broker knows the topic, with so many partitions, and who leads them. Rejects with a TimeoutError
 * that says what was missing at last, and with a KafkaError at once for what waiting does not mend: no right to see it,
 * a name that no topic can have.
 */
export async function waitForTopic(caller: Caller, request: WaitForTopicRequest, options: CallOptions): Promise<Topic> {
  const { addr, topic, partitions = 1, timeout = 30_000 } = request
  const to = addr === undefined ? {} : { addr }
  const { clock } = caller
  const deadline = new Deadline(timeout, clock)
  const wire = { topics: [{ name: topic }], allowAutoTopicCreation: false }
  let missing: string | null = 'nobody answered'
  let cause: unknown
  for (let attempt = 1; ; attempt++) {
    const late = (): TimeoutError => new TimeoutError(`topic ${topic}: ${missing} after ${timeout} ms`, { cause })
    const answers = await deadline.bound(caller.sendToEach(to, Metadata, wire, options), late, options)
    const lacks = answers.map(([, answer]) => lackOf(answer, partitions))
    missing = lacks.find(lack => lack !== null) ?? null
    const errors = answers.map(([, { topics }]) => errorAbout(`topic ${topic}`, topics[0]?.errorCode ?? 0))
    const refusal = errors.find(error => error?.temporary === false)
    if (refusal) throw refusal
    cause = errors.find(error => error !== null)
    if (missing === null) {
      const { topics } = await metadata(caller, { ...to, topics: [topic] }, options)
      if (topics[0]?.error === null) return topics[0]
    }
    const wait = backoffDelay(attempt, { min: 50, max: 1000 }, clock)
    if (wait >= deadline.remaining) throw late()
    await sleep(wait, { ...options, clock })
  }
}

/** What a broker does not know of the topic yet; null for nothing. */
function lackOf({ topics }: ResponseOf<typeof Metadata>, partitions: number): string | null {
  const [topic] = topics
  if (topic === undefined || topic.errorCode !== 0) return 'not every broker knows it'
  if (topic.partitions.length < partitions) return `it has ${topic.partitions.length} of ${partitions} partitions`
  const led = topic.partitions.filter(({ leaderId }) => leaderId >= 0).length
  return led === topic.partitions.length ? null : `${led} of ${topic.partitions.length} partitions have a leader`
}
