import { ConfigError } from '../base/errors.ts'
import { oneOf, type SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { Compression, type CompressionName } from '../compression/codec.ts'
import { RequiredAcks, type RequiredAcksName } from '../protocol/acks.ts'
import { ErrorCode, type KafkaError } from '../protocol/errors.ts'
import { Produce } from '../protocol/produce.ts'
import { BatchBuilder } from '../records/batch-builder.ts'
import { checkFields } from '../records/check-message.ts'
import { type MessageInput, timestampOf } from '../records/message-input.ts'
import type { Addressed, Caller } from './caller.ts'
import { errorAbout } from './error-about.ts'

interface PartitionWrite extends Addressed {
  /** The topic's name. */
  topic: string
  /** The number of the partition. */
  partition: number
  /** Default: all. */
  requiredAcks?: RequiredAcks | RequiredAcksName
  /** Only 2, the default: record batches. */
  messageVersion?: number
  /** Set by those who run a transaction by hand. */
  transactionalId?: string
}

/** One batch of records for one partition. */
export interface ProduceRequest extends PartitionWrite {
  /** At least one. Their own topic and partition are not looked at. */
  records: Iterable<MessageInput>
  /** Default: none. */
  compression?: Compression | CompressionName
  /** Makes the write idempotent: from `initProducerId`. */
  producerId?: bigint
  /** Goes with `producerId`. */
  producerEpoch?: number
  /** Of the first record: the number of records this producer wrote to the partition before. */
  baseSequence?: number
}

/** As ProduceRequest, with a record batch encoded already. */
export interface RawProduceRequest extends PartitionWrite {
  /** The record batch, with its header. */
  rawRecords: Uint8Array
}

const writeSettings: SettingKinds<PartitionWrite> = {
  addr: 'any',
  topic: 'string!',
  partition: 'number!',
  requiredAcks: 'any',
  messageVersion: 'number',
  transactionalId: 'string',
}
export const produceSettings: SettingKinds<ProduceRequest> = {
  ...writeSettings,
  records: 'any!',
  compression: 'any',
  producerId: 'bigint',
  producerEpoch: 'number',
  baseSequence: 'number',
}
export const rawProduceSettings: SettingKinds<RawProduceRequest> = { ...writeSettings, rawRecords: 'object!' }

/** What `produce` and `rawProduce` of a Client answers. */
export interface ProduceResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** Offset of the first record; −1 without acknowledgement. */
  baseOffset: number
  /** When the broker wrote the records; null unless the topic stamps them itself. */
  logAppendTime: Date | null
  /** The partition's first offset; −1 when not told. */
  logStartOffset: number
  /** Which records were the cause of the error, by their index (KIP-467). */
  recordErrors: Map<number, KafkaError>
}

/** How long the broker may wait for replicas, in milliseconds. */
const replicationTimeout = 500

export async function produce(caller: Caller, request: ProduceRequest, options: CallOptions): Promise<ProduceResponse> {
  const { records, transactionalId, producerId = -1n, producerEpoch = -1, baseSequence = -1 } = request
  const compression = oneOf('compression', request.compression ?? Compression.None, Compression)
  if (typeof records?.[Symbol.iterator] !== 'function')
    throw new ConfigError('Produce: records is a list of objects such as { key, value }')
  const builder = new BatchBuilder({ writeUtf8: caller.natives.writeUtf8 })
  const now = caller.clock.now()
  const list = Array.isArray(records) ? (records as readonly MessageInput[]) : [...records]
  for (const record of list) {
    // A text is iterable too, and would pass for records without key and value.
    if (typeof record !== 'object' || record === null)
      throw new ConfigError('Produce: records are objects such as { key, value }')
    builder.append(record.key, record.value, record.headers, timestampOf(record, now))
  }
  if (builder.count === 0) throw new ConfigError('Produce: no records were given')
  checkFields(list)
  const codec = compression === Compression.None ? undefined : await caller.codecs.load(compression)
  const batch = builder.finish({
    producerId,
    producerEpoch,
    baseSequence,
    transactional: transactionalId !== undefined,
    compression: codec,
  })
  return send(caller, request, batch, options)
}

export async function rawProduce(
  caller: Caller,
  request: RawProduceRequest,
  options: CallOptions,
): Promise<ProduceResponse> {
  if (request.rawRecords.length === 0) throw new ConfigError('RawProduce: no records were given')
  return send(caller, request, request.rawRecords, options)
}

async function send(
  caller: Caller,
  request: PartitionWrite,
  records: Uint8Array,
  options: CallOptions,
): Promise<ProduceResponse> {
  const { topic, partition, messageVersion = 2, transactionalId } = request
  if (messageVersion !== 2)
    throw new ConfigError(`Produce: message version ${messageVersion} cannot be written, only 2`)
  const requiredAcks = oneOf('requiredAcks', request.requiredAcks ?? RequiredAcks.All, RequiredAcks)
  const wire = {
    transactionalId: transactionalId ?? null,
    acks: requiredAcks,
    timeoutMs: caller.brokerTimeout(replicationTimeout),
    topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
  }
  const response = await caller.send(request, Produce, wire, options)
  const answer = response.responses[0]?.partitionResponses[0]
  return {
    throttle: response.throttleTimeMs,
    error: answer === undefined ? null : errorAbout(`${topic}/${partition}`, answer.errorCode, answer.errorMessage),
    baseOffset: answer === undefined || requiredAcks === RequiredAcks.None ? -1 : answer.baseOffset,
    logAppendTime: answer === undefined || answer.logAppendTimeMs < 0 ? null : new Date(answer.logAppendTimeMs),
    logStartOffset: answer?.logStartOffset ?? -1,
    recordErrors: new Map(
      answer?.recordErrors.map(({ batchIndex, batchIndexErrorMessage }) => [
        batchIndex,
        errorAbout(
          `${topic}/${partition}, record ${batchIndex}`,
          answer.errorCode || ErrorCode.Unknown,
          batchIndexErrorMessage,
        )!,
      ]),
    ),
  }
}
