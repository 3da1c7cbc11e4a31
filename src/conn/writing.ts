import { ConfigError } from '../base/errors.ts'
import { oneOf } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import type { Caller } from '../client/caller.ts'
import { type ProduceRequest, produce } from '../client/produce.ts'
import { Compression, type CompressionCodec, type CompressionName } from '../compression/codec.ts'
import { RequiredAcks, type RequiredAcksName } from '../protocol/acks.ts'
import { ErrorCode, KafkaError } from '../protocol/errors.ts'
import { lengthOf, type MessageInput } from '../records/message-input.ts'
import type { Call, ConnCalls } from './calls.ts'
import { needTopic } from './offsets.ts'

/** Where messages were written, and how much that was. */
export interface WrittenBatch {
  /** Bytes of keys and values. */
  nbytes: number
  /** The number of the partition. */
  partition: number
  /** Of the first message; −1 when there was none. */
  offset: number
  /** When the broker wrote them; null unless the topic stamps messages itself. */
  appendTime: Date | null
}

/** How to compress what a Conn writes: a codec, or the name of one of ours; null for not at all. */
export type CodecLike = CompressionCodec | Compression | CompressionName | null

interface WritePlace {
  readonly topic: string
  readonly partition: number
  readonly transactionalId?: string
}

/** Writes a Conn's partition. */
export class ConnWrites {
  readonly #calls: ConnCalls
  readonly #place: WritePlace
  #requiredAcks: RequiredAcks = RequiredAcks.All

  constructor(calls: ConnCalls, place: WritePlace) {
    this.#calls = calls
    this.#place = place
  }

  requireAcks(acks: RequiredAcks | RequiredAcksName): void {
    const wanted = oneOf('requiredAcks', acks, RequiredAcks)
    if (wanted === RequiredAcks.None)
      throw new KafkaError(ErrorCode.InvalidRequiredAcks, 'a Conn waits for an answer to each write')
    this.#requiredAcks = wanted
  }

  write(
    method: string,
    codec: CodecLike,
    messages: MessageInput | readonly MessageInput[],
    options: CallOptions | undefined,
    extra: readonly unknown[],
  ): Promise<WrittenBatch> {
    const own = typeof codec === 'object' && codec !== null ? codec : undefined
    const compression = own?.code ?? (codec as Compression | CompressionName | null) ?? Compression.None
    const write = async (caller: Caller, call: Call): Promise<WrittenBatch> => {
      const { topic, partition } = this.#place
      needTopic(topic)
      const records = (Array.isArray(messages) ? messages : [messages]) as readonly MessageInput[]
      return writeBatch(caller, { topic, partition, records, compression, requiredAcks: this.#requiredAcks }, call)
    }
    const broker = this.#calls.broker.forWrites(own, this.#place.transactionalId)
    return this.#calls.write(method, options, extra, write, broker)
  }
}

/** Writes one batch, all of it or nothing. Rejects with the partition's KafkaError, or what kept an answer away. */
async function writeBatch(
  caller: Caller,
  request: ProduceRequest & { readonly records: readonly MessageInput[] },
  options: CallOptions,
): Promise<WrittenBatch> {
  const { records, partition } = request
  const nbytes = records.reduce((sum, message) => sum + sizeOf(message, request), 0)
  if (records.length === 0) return { nbytes, partition, offset: -1, appendTime: null }
  const { error, baseOffset, logAppendTime } = await produce(caller, request, options)
  if (error !== null) throw error
  return { nbytes, partition, offset: baseOffset, appendTime: logAppendTime }
}

/** A ConfigError for what is no message, or one for elsewhere. */
function sizeOf(message: MessageInput, { topic, partition }: WritePlace): number {
  if (typeof message !== 'object' || message === null)
    throw new ConfigError('messages are objects such as { key, value }')
  if ((message.topic ?? topic) !== topic)
    throw new ConfigError(
      `a message for topic ${message.topic} cannot be written to ${topic}, which the connection is for`,
    )
  // Of a message that was read its partition tells where from.
  if (!('offset' in message) && (message.partition ?? partition) !== partition)
    throw new ConfigError(
      `a message for partition ${message.partition} cannot be written to ${partition}, which the connection is for`,
    )
  return lengthOf(message.key) + lengthOf(message.value)
}
