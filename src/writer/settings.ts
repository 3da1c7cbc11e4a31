import type { AddressLike } from '../base/address.ts'
import type { Backoff } from '../base/backoff.ts'
import { ConfigError } from '../base/errors.ts'
import { given, oneOf } from '../base/settings.ts'
import { Compression } from '../compression/codec.ts'
import { RequiredAcks } from '../protocol/acks.ts'
import { ofTransport } from '../transport/config.ts'
import { type Completion, type WriterConfig, writerSettings } from './config.ts'

/** A Writer's settings, checked and complete. */
export interface Settings {
  readonly addr: AddressLike
  readonly topic: string
  readonly maxAttempts: number
  readonly backoff: Backoff
  readonly batchSize: number
  readonly batchBytes: number
  readonly maxRequestBytes: number
  readonly batchTimeout: number
  readonly readTimeout: number
  readonly writeTimeout: number
  readonly deliveryTimeout: number
  readonly requiredAcks: RequiredAcks
  /** Brokers answer what they are sent. */
  readonly answered: boolean
  readonly idempotent: boolean
  readonly async: boolean
  readonly completion: Completion | undefined
  readonly compression: Compression
  readonly compressionLevel: number | undefined
  readonly maxBufferedBytes: number
  readonly allowAutoTopicCreation: boolean
}

export function settingsOf(all: WriterConfig): Settings {
  const config = given('a Writer', all, writerSettings, "{ addr: 'host:port' }", ofTransport)
  const requiredAcks = oneOf('requiredAcks', config.requiredAcks ?? RequiredAcks.All, RequiredAcks)
  const compression = oneOf('compression', config.compression ?? Compression.None, Compression)
  const batchBytes = positive(config.batchBytes, 1_000_000, 'batchBytes')
  const maxBufferedBytes = positive(config.maxBufferedBytes, 64 * 1024 * 1024, 'maxBufferedBytes')
  const min = positive(config.writeBackoffMin, 100, 'writeBackoffMin')
  if (config.idempotent === true && requiredAcks !== RequiredAcks.All) throw new ConfigError('an idempotent Writer needs RequiredAcks.All')
  if (maxBufferedBytes < batchBytes) throw new ConfigError(`maxBufferedBytes (${maxBufferedBytes}) is less than batchBytes (${batchBytes})`)
  return {
    addr: config.addr,
    topic: config.topic ?? '',
    maxAttempts: positive(config.maxAttempts, 10, 'maxAttempts'),
    backoff: { min, max: Math.max(min, positive(config.writeBackoffMax, 1000, 'writeBackoffMax')) },
    batchSize: positive(config.batchSize, 10_000, 'batchSize'),
    batchBytes,
    maxRequestBytes: positive(config.maxRequestBytes, 1024 * 1024, 'maxRequestBytes'),
    batchTimeout: positive(config.batchTimeout, 10, 'batchTimeout'),
    readTimeout: positive(config.readTimeout, 10_000, 'readTimeout'),
    writeTimeout: positive(config.writeTimeout, 10_000, 'writeTimeout'),
    deliveryTimeout: positive(config.deliveryTimeout, 120_000, 'deliveryTimeout'),
    requiredAcks,
    answered: requiredAcks !== RequiredAcks.None,
    idempotent: config.idempotent ?? requiredAcks === RequiredAcks.All,
    async: config.async ?? false,
    completion: config.completion,
    compression,
    compressionLevel: config.compressionLevel,
    maxBufferedBytes,
    allowAutoTopicCreation: config.allowAutoTopicCreation ?? false,
  }
}

/** As in kafka-go, 0 asks for the default. */
function positive(value: number | undefined, byDefault: number, name: string): number {
  if (value === undefined || value === 0) return byDefault
  if (typeof value !== 'number' || !(value > 0)) throw new ConfigError(`${name} must be a positive number, not ${value}`)
  return value
}
