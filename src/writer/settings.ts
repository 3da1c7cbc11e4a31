import type { AddressLike } from '../base/address.ts'
import type { Backoff } from '../base/backoff.ts'
import { ConfigError } from '../base/errors.ts'
import { given, oneOf } from '../base/settings.ts'
import { type CodecName, Compression, type CustomCompressor, checkLevel } from '../compression/codec.ts'
import { RequiredAcks } from '../protocol/acks.ts'
import { ofTransport } from '../transport/config.ts'
import { type Completion, type WriteOptions, type WriterConfig, writerSettings } from './config.ts'

/** How a batch is compressed. */
export type BatchCompression = Compression | CustomCompressor

/** A Writer's settings, checked and complete. */
export interface Settings {
  readonly addr: AddressLike
  readonly topic: string
  /** Empty: anywhere. */
  readonly rack: string
  readonly maxAttempts: number
  readonly backoff: Backoff
  readonly batchSize: number
  readonly batchBytes: number
  readonly messageBytes: number
  readonly maxRequestBytes: number
  readonly batchTimeout: number
  readonly readTimeout: number
  readonly writeTimeout: number
  readonly deliveryTimeout: number
  readonly requiredAcks: RequiredAcks
  /** Brokers answer what they are sent. */
  readonly answered: boolean
  readonly idempotent: boolean
  /** null without transactions. */
  readonly transactionalId: string | null
  readonly transactionTimeout: number
  readonly async: boolean
  readonly completion: Completion | undefined
  readonly compression: BatchCompression
  readonly compressionLevel: number | undefined
  readonly maxBufferedBytes: number
  readonly allowAutoTopicCreation: boolean
}

/** The settings that are positive numbers. */
type Positive = {
  [K in keyof WriterConfig]-?: number extends WriterConfig[K] ? K : never
}[keyof WriterConfig]

export function settingsOf(all: WriterConfig): Settings {
  const config = given('a Writer', all, writerSettings, "{ addr: 'host:port' }", ofTransport)
  // As in kafka-go, 0 asks for the default.
  const positive = (name: Positive, byDefault: number): number => {
    const value = config[name] ?? 0
    if (value === 0) return byDefault
    if (!(value > 0)) throw new ConfigError(`${name} must be a positive number, not ${value}`)
    return value
  }
  const requiredAcks = oneOf('requiredAcks', config.requiredAcks ?? RequiredAcks.All, RequiredAcks)
  const compression = compressionOf(config.compression) ?? Compression.None
  if (typeof compression === 'number')
    checkLevel(Object.keys(Compression)[compression]!.toLowerCase() as CodecName, config.compressionLevel)
  const batchBytes = positive('batchBytes', 1_000_000)
  const maxBufferedBytes = positive('maxBufferedBytes', 64 * 1024 * 1024)
  const min = positive('writeBackoffMin', 100)
  if (config.idempotent === true && requiredAcks !== RequiredAcks.All)
    throw new ConfigError('an idempotent Writer needs RequiredAcks.All')
  const { transactionalId } = config
  if (transactionalId === '') throw new ConfigError('transactionalId must not be empty')
  if (transactionalId !== undefined && (requiredAcks !== RequiredAcks.All || config.idempotent === false))
    throw new ConfigError('a Writer of transactions is idempotent, and needs RequiredAcks.All')
  if (config.rack && config.balancer) throw new ConfigError('give rack or balancer')
  if (maxBufferedBytes < batchBytes)
    throw new ConfigError(`maxBufferedBytes (${maxBufferedBytes}) is less than batchBytes (${batchBytes})`)
  return {
    addr: config.addr,
    topic: config.topic ?? '',
    rack: config.rack ?? '',
    maxAttempts: positive('maxAttempts', 10),
    backoff: { min, max: Math.max(min, positive('writeBackoffMax', 1000)) },
    batchSize: positive('batchSize', 10_000),
    batchBytes,
    messageBytes: positive('messageBytes', batchBytes),
    maxRequestBytes: positive('maxRequestBytes', 1024 * 1024),
    batchTimeout: positive('batchTimeout', 10),
    readTimeout: positive('readTimeout', 10_000),
    writeTimeout: positive('writeTimeout', 10_000),
    deliveryTimeout: positive('deliveryTimeout', 120_000),
    requiredAcks,
    answered: requiredAcks !== RequiredAcks.None,
    idempotent: config.idempotent ?? requiredAcks === RequiredAcks.All,
    transactionalId: transactionalId ?? null,
    transactionTimeout: Math.ceil(positive('transactionTimeout', 60_000)),
    async: config.async ?? false,
    completion: config.completion,
    compression,
    compressionLevel: config.compressionLevel,
    maxBufferedBytes,
    allowAutoTopicCreation: config.allowAutoTopicCreation ?? false,
  }
}

/** A ConfigError for what is no way to compress. */
export function compressionOf(given: WriteOptions['compression']): BatchCompression | undefined {
  if (
    given === undefined ||
    (typeof given === 'object' && typeof given?.compress === 'function' && given.code > 0 && given.code < 5)
  )
    return given
  return oneOf('compression', given, Compression)
}
