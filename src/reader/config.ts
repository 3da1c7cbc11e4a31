import type { AddressLike } from '../base/address.ts'
import type { Backoff } from '../base/backoff.ts'
import { type Duration, durationOf } from '../base/duration.ts'
import { ConfigError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { given, oneOf, type SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { defaultDecompressLimit } from '../compression/codec.ts'
import type { Dialer } from '../conn/dialer.ts'
import { type MembershipConfig, membershipOf, membershipSettings } from '../group/config.ts'
import { TopicPattern } from '../group/topic-pattern.ts'
import { IsolationLevel, type IsolationLevelName, type OffsetName } from '../protocol/offsets.ts'
import { ofTransport } from '../transport/config.ts'
import type { Transport } from '../transport/transport.ts'
import { type ByDuration, byDuration } from './place.ts'

/** Settings of a Reader. Times are milliseconds. */
export interface ReaderConfig extends Omit<MembershipConfig, 'startOffset'> {
  /**
   * Where the reader is, in the terms of the brokers' `broker.rack`: a partition with a replica there is read from that,
   * if its leader's `replica.selector.class` says so (KIP-392, Kafka 2.4); from the leader again once the replica fails,
   * and every five minutes to hear whether that still holds. The consumer protocol tells it the coordinator, too. Default: none.
   */
  rack?: string
  /** Addresses to find the cluster by. */
  brokers: AddressLike
  /** The topic to read; not with `groupTopics`. */
  topic?: string
  /**
   * The partition to read; not with `groupId`. Default: all partitions of the topic, those that are added later
   * included. (kafka-go: 0.) Then
   * `setOffset` takes FirstOffset and LastOffset alone where there are several partitions, `offset()` is −1 and `lag()` a sum; `seek` and
   * `stats().partitions` are for each.
   */
  partition?: number
  /** Reads as a member of this consumer group, from the partitions it is given. */
  groupId?: string
  /** Several topics; only with `groupId`. */
  groupTopics?: readonly string[]
  /**
   * All topics whose whole name matches, in place of `topic` and `groupTopics`; only with `groupId`. Topics that are made
   * later are read, too; Kafka's own never are. With the consumer protocol the broker matches, in RE2's syntax (`(?=…)` and
   * backreferences are not in it), and finds new topics by itself. In a classic group each member lists all topics to
   * match them itself, every 30 s or `partitionWatchInterval` where that is given. A text is a pattern, too.
   */
  topicPattern?: RegExp | string
  /** A given transport (with TLS, SASL, timeouts …) stays open; without one the reader makes and closes its own. */
  transport?: Transport
  /** In place of a transport: one of its own is made with these settings. */
  dialer?: Dialer
  /**
   * Bytes fetched ahead, over all partitions, in even shares for the brokers that lead them: fetches wait until there
   * is room. One batch larger than that is fetched nevertheless. Default 16 MiB.
   */
  queueBytes?: number
  /** Messages fetched ahead, counted by whole batches. Default: no bound but `queueBytes`. */
  queueCapacity?: number
  /** A broker answers a fetch when it has this many bytes, or after `maxWait`. Default 1. */
  minBytes?: number
  /**
   * Most bytes fetched of one partition at once; a batch larger than that is fetched nevertheless (KIP-74). Default 1
   * MiB.
   */
  maxBytes?: number
  /**
   * How long a broker waits for new messages before it answers a fetch with none. Default 10,000. Where it has not to
   * gather `minBytes`, it is asked for 500 ms at a time at most, and for less soon after a seek, a pause or an
   * assignment: a poll under way is never cut short.
   */
  maxWait?: number
  /** How much longer than `maxWait` an answer to a fetch may take. Default 10,000. */
  readBatchTimeout?: number
  /**
   * How often `stats().lag` is asked for anew while nothing is fetched; negative: never. Partition mode only. Default
   * 60,000.
   */
  readLagInterval?: number
  /**
   * How long commits are gathered before they are sent. 0: `commitMessages` sends them and waits for the answer;
   * automatic commits are gathered for 100 ms. Above 0, `commitMessages` answers at once and failures go to the log.
   * Default 0.
   */
  commitInterval?: number
  /**
   * Commits what `for await` and `batches()` delivered, once the next message or batch is asked for. `readMessage`
   * always does,
   * `fetchMessage` never. Default false.
   */
  autoCommit?: boolean
  /**
   * The wait after a failed fetch, or one answered with nothing sooner than asked: from this, doubling … Default 100.
   */
  readBackoffMin?: number
  /** … up to this. Default 1,000. */
  readBackoffMax?: number
  /** Default ReadUncommitted, or 'read_uncommitted', as in Kafka. */
  isolationLevel?: IsolationLevel | IsolationLevelName
  /**
   * Failures in a row of reaching a partition's leader before a read rejects, or fewer that take 3.5 s; the reader goes
   * on trying meanwhile and after. Once anything was read, and as long as another partition can be, failures that pass
   * are told by the log and `stats()` alone. Default 3.
   */
  maxAttempts?: number
  /**
   * Whether a read rejects when the position is beyond the partition's end, rather than wait for it to come. Default
   * false.
   */
  offsetOutOfRangeError?: boolean
  /**
   * Where to read on when the partition doesn't have the position: at its beginning, its end, or the first message that
   * is no older than `byDuration`, in milliseconds or ISO 8601's text
   * (or 'by_duration:PT1H' as Java has it, KIP-1106); 'error': reads reject until a `seek`. Default: what retention
   * has deleted is passed over, an offset beyond the end is waited for.
   *
   * Where messages that were read are lost in an unclean election (KIP-320), reading goes on where the logs part: by
   * default after a LogTruncationError, with a policy after a warning in the log; with 'error' reads reject as above.
   */
  offsetOutOfRange?: OffsetOutOfRange
  /**
   * Where to begin: FirstOffset or LastOffset (or 'earliest', 'latest'), or the first message that is no older than a
   * duration: `{ duration: 'PT1H' }`, in milliseconds or ISO 8601's text, or 'by_duration:PT1H' as Java has it (KIP-1106);
   * without a group an offset, too. Default FirstOffset. In a group: where it begins if it has committed nothing; see
   * `MembershipConfig`.
   */
  startOffset?: number | OffsetName | ByDuration
  /** Bytes one compressed batch may become. Default 64 MiB. */
  decompressLimit?: number
  /**
   * In a group: whoever asks for nothing more for so long has its partitions given back and leaves the group, so that others
   * get them; the next read joins again. What it has in hand can't be committed then. Noticed a quarter late at most.
   * Default: off, for heartbeats go on whatever a handler waits for.
   */
  maxPollInterval?: number
  /** Default: the transport's; null is silence. */
  logger?: Logger | null
  /** For errors; default: `logger`. */
  errorLogger?: Logger | null
}

const readerSettings: SettingKinds<ReaderConfig> = {
  brokers: 'any!',
  topic: 'string',
  partition: 'number',
  groupId: 'string',
  groupTopics: 'list',
  topicPattern: 'any',
  transport: 'object',
  dialer: 'object',
  queueBytes: 'number',
  queueCapacity: 'number',
  minBytes: 'number',
  maxBytes: 'number',
  maxWait: 'number',
  readBatchTimeout: 'number',
  readLagInterval: 'number',
  commitInterval: 'number',
  autoCommit: 'boolean',
  readBackoffMin: 'number',
  readBackoffMax: 'number',
  isolationLevel: 'any',
  maxAttempts: 'number',
  offsetOutOfRangeError: 'boolean',
  offsetOutOfRange: 'any',
  decompressLimit: 'number',
  maxPollInterval: 'number',
  logger: 'any',
  errorLogger: 'any',
  ...membershipSettings,
}

/** The settings that were given; a ConfigError for those that a Reader has not. */
export function readerConfig(config: ReaderConfig): ReaderConfig {
  const example = "{ brokers: 'host:port', topic: 'topic' }"
  return given('a Reader', config, readerSettings, example, ofTransport)
}

/** What to do where a partition doesn't have the offset wanted: see `offsetOutOfRange` of a Reader. */
export type OffsetOutOfRange =
  | 'earliest'
  | 'latest'
  | 'error'
  | { readonly byDuration: Duration }
  | `by_duration:${string}`

/** What the fetching half needs of a ReaderConfig, defaults filled in. */
export interface FetchSettings {
  readonly queueBytes: number
  readonly queueCapacity: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly maxWait: number
  readonly readBatchTimeout: number
  readonly backoff: Backoff
  readonly isolationLevel: IsolationLevel
  readonly maxAttempts: number
  readonly offsetOutOfRangeError: boolean
  readonly offsetOutOfRange: 'earliest' | 'latest' | 'error' | { readonly byDuration: number } | undefined
  /** '' for none. */
  readonly rack: string
}

export interface ReaderSettings extends FetchSettings {
  /** undefined: partition mode. */
  readonly groupId: string | undefined
  /** Empty where there is a pattern. */
  readonly topics: readonly string[]
  readonly pattern: TopicPattern | undefined
  /** undefined: all. */
  readonly partition: number | undefined
  readonly partitionWatchInterval: number
  readonly timeout: number
  readonly startOffset: number | { readonly duration: number }
  readonly commitInterval: number
  readonly autoCommit: boolean
  readonly readLagInterval: number
  readonly decompressLimit: number
  /** undefined: however long. */
  readonly maxPollInterval: number | undefined
}

/** The settings with their defaults; a ConfigError for what can't work. */
export function settingsOf(config: ReaderConfig): ReaderSettings {
  const { groupId, topic, groupTopics } = config
  if (groupId === '') throw new ConfigError('groupId is empty')
  if (groupTopics !== undefined && groupId === undefined)
    throw new ConfigError('groupTopics needs a groupId; without a group, read one topic')
  const pattern = patternOf(config)
  if ([topic, groupTopics, pattern].filter(each => each !== undefined).length !== 1)
    throw new ConfigError(
      `a Reader needs ${groupId === undefined ? 'a topic' : 'either topic, groupTopics or topicPattern'}`,
    )
  if (groupId !== undefined && config.partition !== undefined)
    throw new ConfigError('partition and groupId exclude each other: a group gives the partitions')
  if (groupId === undefined && config.maxPollInterval !== undefined)
    throw new ConfigError('maxPollInterval needs a groupId: without a group there is nothing to leave')
  const topics = groupTopics ?? (pattern === undefined ? [topic!] : [])
  if (!Array.isArray(topics)) throw new ConfigError('groupTopics is a list of topics')
  if ((topics.length === 0 && pattern === undefined) || topics.some(name => typeof name !== 'string' || name === ''))
    throw new ConfigError('a topic to read has no name')
  const whole = (name: keyof ReaderConfig, otherwise: number, least: number): number => {
    const value = (config[name] as number | undefined) ?? otherwise
    if (!Number.isInteger(value) || value < least || value > Number.MAX_SAFE_INTEGER)
      throw new ConfigError(`${name} must be a whole number from ${least} up, is ${value}`)
    return value
  }
  const isolationLevel = oneOf(
    'isolationLevel',
    config.isolationLevel ?? IsolationLevel.ReadUncommitted,
    IsolationLevel,
  )
  const backoff = { min: whole('readBackoffMin', 100, 0), max: whole('readBackoffMax', 1_000, 0) }
  if (backoff.max < backoff.min) throw new ConfigError('readBackoffMax must not be below readBackoffMin')
  const sinceStart = byDuration('startOffset', config.startOffset)
  const { startOffset, ...others } = config
  const membership = membershipOf(
    sinceStart === undefined && startOffset !== undefined
      ? { ...others, startOffset: startOffset as number | OffsetName }
      : others,
  )
  const settings: ReaderSettings = {
    groupId,
    topics,
    pattern,
    partition: config.partition === undefined ? undefined : whole('partition', 0, 0),
    partitionWatchInterval: membership.partitionWatchInterval,
    timeout: membership.timeout,
    startOffset: sinceStart === undefined ? membership.startOffset : { duration: sinceStart },
    commitInterval: whole('commitInterval', 0, 0),
    autoCommit: config.autoCommit ?? false,
    readLagInterval: whole('readLagInterval', 60_000, Number.MIN_SAFE_INTEGER),
    decompressLimit: whole('decompressLimit', defaultDecompressLimit, 1),
    maxPollInterval: config.maxPollInterval === undefined ? undefined : whole('maxPollInterval', 0, 1),
    queueBytes: whole('queueBytes', 16 * 1024 * 1024, 1),
    queueCapacity: whole('queueCapacity', 0, 0),
    minBytes: whole('minBytes', 1, 0),
    maxBytes: Math.min(whole('maxBytes', 1024 * 1024, 1), 0x7fffffff),
    maxWait: Math.min(whole('maxWait', 10_000, 0), 0x7fffffff),
    readBatchTimeout: whole('readBatchTimeout', 10_000, 1),
    backoff,
    isolationLevel,
    maxAttempts: whole('maxAttempts', 3, 1),
    offsetOutOfRangeError: config.offsetOutOfRangeError ?? false,
    offsetOutOfRange: outOfRangeOf(config.offsetOutOfRange),
    rack: membership.rack ?? '',
  }
  if (settings.minBytes > settings.maxBytes)
    throw new ConfigError(`minBytes (${settings.minBytes}) must not be above maxBytes (${settings.maxBytes})`)
  return settings
}

function patternOf({ topicPattern, groupId, protocol }: ReaderConfig): TopicPattern | undefined {
  if (topicPattern === undefined) return undefined
  if (groupId === undefined) throw new ConfigError('topicPattern needs a groupId; without a group, read one topic')
  return new TopicPattern(topicPattern, { atBroker: protocol === 'consumer' })
}

function outOfRangeOf(given: OffsetOutOfRange | undefined): FetchSettings['offsetOutOfRange'] {
  if (given === undefined || given === 'earliest' || given === 'latest' || given === 'error') return given
  const duration =
    typeof given === 'object' && given !== null && given.byDuration !== undefined
      ? durationOf('byDuration', given.byDuration)
      : byDuration('offsetOutOfRange', typeof given === 'string' ? given : undefined)
  if (duration !== undefined) return { byDuration: duration }
  throw new ConfigError(
    `offsetOutOfRange must be 'earliest', 'latest', 'error' or { byDuration: milliseconds or 'PT1H' }, not ${JSON.stringify(given)}`,
  )
}

/** How several messages are fetched at once. */
export interface FetchOptions extends CallOptions {
  /** How long more are waited for after the first, in milliseconds. Default 100. */
  within?: number
}

export const fetchSettings: SettingKinds<FetchOptions> = { within: 'number', signal: 'object' }
