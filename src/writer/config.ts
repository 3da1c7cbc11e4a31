import type { Balancer, BalancerFunc } from '../balancer/balancer.ts'
import type { AddressLike } from '../base/address.ts'
import type { Logger } from '../base/logger.ts'
import type { SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import type { Compression, CompressionName, CustomCompressor } from '../compression/codec.ts'
import type { RequiredAcks, RequiredAcksName } from '../protocol/acks.ts'
import type { MessageInput } from '../records/message-input.ts'
import type { Transport } from '../transport/transport.ts'

/** A message as it was given, and where it went. */
export interface WrittenMessage extends MessageInput {
  topic: string
  partition: number
  /** -1 when it was not written, or with RequiredAcks.None. */
  offset: number
  /** Milliseconds since 1970: the broker's time if the topic stamps messages itself, the message's otherwise. */
  timestamp: number
  time: Date
}

/** Where a message was written. */
export interface WriteReceipt {
  /** The topic's name. */
  topic: string
  /** The number of the partition. */
  partition: number
  /** -1 with RequiredAcks.None. */
  offset: number
  /** Milliseconds since 1970. */
  timestamp: number
}

/** A batch of one partition that was written. Good while `onWritten` runs. */
export interface BatchReceipt {
  /** The topic's name. */
  readonly topic: string
  /** The number of the partition. */
  readonly partition: number
  /** The first offset the partition has; -1 where the broker does not tell, and with RequiredAcks.None. */
  readonly logStartOffset: number
  /** Of a record by its number in the batch; -1 with RequiredAcks.None. */
  offsetOf(record: number): number
  /**
   * When a record was written, in milliseconds since 1970: the broker's time where the topic stamps records itself, else
   * `own`.
   */
  timeOf(own: number): number
}

export interface WriteOptions extends CallOptions {
  /**
   * Called for each batch that the call's messages went into, once it is written: its records from `from` up to, but not,
   * `to` are the call's, in order. What it throws is those messages' error. Not by an `async` writer.
   */
  onWritten?: (batch: BatchReceipt, from: number, to: number) => void
  /** How these messages are compressed: they share batches with others compressed alike. Default: the writer's. */
  compression?: Compression | CompressionName | CustomCompressor
}

/**
 * Called once for each batch when it is settled, before its callers are told: all messages are of one partition. What
 * it throws is logged.
 */
export type Completion = (messages: readonly WrittenMessage[], error: Error | null) => void

/** Settings of a Writer. Only `addr` is required. Times are milliseconds. */
export interface WriterConfig {
  /** The cluster: one or more of its brokers. */
  addr: AddressLike
  /** Where all messages go. Without it, each message names its topic; a message must not when the writer does. */
  topic?: string
  /**
   * Chooses the partitions of messages that name none. Default: a message with a key goes where Java's producer puts it
   * (Murmur2 of the key's bytes); those without ride together, what is written in one turn up to 16 KiB (64 in
   * transactions), and the partitions that have a leader take turns (KIP-794).
   */
  balancer?: Balancer | BalancerFunc
  /**
   * Where the writer is, in the words of the brokers' `broker.rack`: messages without a key go to partitions whose leader
   * is there, too, as long as there is one (KIP-1123; Java's `client.rack` with `partitioner.rack.aware`). Not with a
   * `balancer`. Default: to all.
   */
  rack?: string
  /**
   * How often a batch is tried when the writer is not idempotent. Default 10. An idempotent writer tries until
   * `deliveryTimeout`.
   */
  maxAttempts?: number
  /** First wait before a retry; it doubles, ±20 %. Default 100. */
  writeBackoffMin?: number
  /** Longest wait before a retry. Default 1,000. */
  writeBackoffMax?: number
  /**
   * A batch is closed at this many messages. Default 10,000: batches go out as soon as the partition's broker is idle
   * whatever their size, so this is no wait for messages to gather (as kafka-go's 100 is) but a limit.
   */
  batchSize?: number
  /**
   * A batch is closed before it has more bytes than this, uncompressed. Default 1,000,000; brokers refuse more than
   * 1,048,588 by default.
   */
  batchBytes?: number
  /**
   * The largest message taken, in bytes as encoded; one of more than `batchBytes` is a batch by itself. Default:
   * `batchBytes`.
   */
  messageBytes?: number
  /**
   * A request closes at this many bytes of batches, uncompressed, but takes one batch always. Default 1 MiB. Where
   * brokers or proxies take less and end the connection, the writer finds out and keeps below.
   */
  maxRequestBytes?: number
  /**
   * The longest that messages gather while the broker is busy with two requests of ours. An idle one gets them at the
   * end of the turn. Default 10.
   */
  batchTimeout?: number
  /** Bounds the requests that prepare a write: the topic's layout, the producer id. Default 10,000. */
  readTimeout?: number
  /** Bounds one produce request, until its answer. Default 10,000. */
  writeTimeout?: number
  /**
   * Bounds a message's way from its batch to success or error, retries included; before that, the wait for room in the
   * buffer. Default 120,000.
   */
  deliveryTimeout?: number
  /** Who must have a write before it counts as done. Default RequiredAcks.All, or 'all'. */
  requiredAcks?: RequiredAcks | RequiredAcksName
  /**
   * Whether the broker drops what a retry sends twice, and keeps the order (KIP-98, KIP-360). Default: true with
   * RequiredAcks.All, else it can't be. Without it a retry may write twice, and each partition has one batch in flight
   * at a time, so that retries keep the order. Topics of the message formats v0 and v1, possible up to Kafka 3.9, have
   * no place for it and answer UnsupportedForMessageFormat: give false.
   */
  idempotent?: boolean
  /**
   * Makes it a writer of transactions (KIP-98): messages are written between `begin` and the transaction's end, or in
   * `transaction`. One writer at a time has the id: a new one that begins with it ends the transaction of the one
   * before, which is over then.
   */
  transactionalId?: string
  /**
   * How long a transaction may take before the coordinator aborts it, after which the writer is over. Default 60,000;
   * brokers refuse more than 900,000 by default.
   */
  transactionTimeout?: number
  /**
   * writeMessages does not wait for delivery: only errors in its arguments or the topic's layout reach the caller,
   * others `completion` or the log.
   */
  async?: boolean
  /** Told how each batch fared. */
  completion?: Completion
  /** A code or name, or a compressor of your own. Default Compression.None, or 'none'. */
  compression?: Compression | CompressionName | CustomCompressor
  /**
   * More work for smaller batches, on the codec's own scale (KIP-390): gzip 0 to 9, lz4 1 to 17, zstd up to 22; snappy
   * has none. Of `compression` here, not of a call's. Default: gzip's 6, the quickest of lz4 and of our zstd, 3 of a
   * runtime's own.
   */
  compressionLevel?: number
  /**
   * Bytes of messages encoded and not settled yet, at most: writeMessages waits when there are more. Default 64 MiB.
   */
  maxBufferedBytes?: number
  /** Creates missing topics, if the broker allows that. Default false. */
  allowAutoTopicCreation?: boolean
  /** Default: the transport's; null is silence. */
  logger?: Logger | null
  /** For errors; default: `logger`. */
  errorLogger?: Logger | null
  /** A given one stays open when the writer closes; without, the writer makes its own and closes it. */
  transport?: Transport
}

export const writerSettings: SettingKinds<WriterConfig> = {
  addr: 'any!',
  topic: 'string',
  balancer: 'any',
  rack: 'string',
  maxAttempts: 'number',
  writeBackoffMin: 'number',
  writeBackoffMax: 'number',
  batchSize: 'number',
  batchBytes: 'number',
  messageBytes: 'number',
  maxRequestBytes: 'number',
  batchTimeout: 'number',
  readTimeout: 'number',
  writeTimeout: 'number',
  deliveryTimeout: 'number',
  requiredAcks: 'any',
  idempotent: 'boolean',
  transactionalId: 'string',
  transactionTimeout: 'number',
  async: 'boolean',
  completion: 'function',
  compression: 'any',
  compressionLevel: 'number',
  maxBufferedBytes: 'number',
  allowAutoTopicCreation: 'boolean',
  logger: 'any',
  errorLogger: 'any',
  transport: 'object',
}
