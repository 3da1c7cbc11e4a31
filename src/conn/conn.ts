import { type Addr, type Address, formatAddress, parseAddress, tcp } from '../base/address.ts'
import { refuseMore } from '../base/call-options.ts'
import { ConfigError } from '../base/errors.ts'
import { given, shown } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { apiVersions } from '../client/api-versions.ts'
import type { TopicConfig } from '../client/topics.ts'
import type { RequiredAcks, RequiredAcksName } from '../protocol/acks.ts'
import type { Message } from '../records/message.ts'
import type { Bytes, MessageInput } from '../records/message-input.ts'
import type { Socket } from '../socket/socket.ts'
import type { Broker, Partition } from '../transport/layout.ts'
import type { LoneConnection } from '../transport/lone-connection.ts'
import type { Batch } from './batch.ts'
import { ConnCalls } from './calls.ts'
import { dropTopics, makeTopics, readBrokers, readPartitions } from './cluster-calls.ts'
import { type ConnConfig, connSettings, type ReadBatchConfig } from './config.ts'
import { ConnOffsets } from './offsets.ts'
import { type Bounds, ConnPosition } from './position.ts'
import { ConnReads } from './reading.ts'
import { SoleBroker } from './sole-broker.ts'
import { type CodecLike, ConnWrites, type WrittenBatch } from './writing.ts'

/** The versions of one API that a broker speaks. */
export interface ApiVersion {
  /** The API's key. */
  apiKey: number
  /** The lowest version that it speaks. */
  minVersion: number
  /** The highest version that it speaks. */
  maxVersion: number
}

/**
 * A connection to one broker, by hand: to read and write one partition that this broker leads, and to ask about the
 * cluster. Nothing is tried again, and nothing found anew: where that is wanted there are Reader, Writer and Client.
 *
 * Requests are pipelined, reads of the partition go one after another. A KafkaError and a call given up leave the
 * connection as it is; other errors of a write end it. A deadline bounds each call; without one a request has 30 s, and
 * a read waits until there is something.
 */
export class Conn {
  readonly #topic: string
  readonly #broker: Broker
  readonly #connection: SoleBroker
  readonly #address: Address
  readonly #calls: ConnCalls
  readonly #position: ConnPosition
  readonly #offsets: ConnOffsets
  readonly #reads: ConnReads
  readonly #writes: ConnWrites

  /**
   * Speaks Kafka over a socket that is connected, TLS and SASL done with: `new Conn(socket, 'topic', 0)` or
   * `new Conn(socket, { topic, partition, … })`. The socket is the Conn's from now on. A Dialer makes Conns by itself.
   */
  constructor(socket: Socket | LoneConnection, config: ConnConfig | string = {}, partition = 0, ...extra: never[]) {
    refuseMore('new Conn()', extra)
    const all = given('a Conn', typeof config === 'string' ? { topic: config, partition } : config, connSettings)
    const { clientId, topic = '', broker = 0, rack = '', transactionalId = '', address } = all
    const place = { topic, partition: all.partition ?? 0 }
    if (!Number.isInteger(place.partition) || place.partition < 0)
      throw new ConfigError(`a partition is a whole number from 0 up, not ${shown(place.partition)}`)
    const connection = SoleBroker.over(socket, address === undefined ? undefined : parseAddress(address), clientId)
    const calls = new ConnCalls(connection, formatAddress(connection.address))
    this.#topic = topic
    this.#broker = { ...connection.address, id: broker, rack }
    this.#connection = connection
    this.#address = connection.address
    this.#calls = calls
    this.#position = new ConnPosition(`${topic}/${place.partition}`)
    this.#offsets = new ConnOffsets(calls.caller, topic, place.partition)
    this.#reads = new ConnReads(place, calls, this.#position, call => this.#offsets.bounds(call))
    this.#writes = new ConnWrites(calls, { ...place, ...(transactionalId !== '' && { transactionalId }) })
  }

  /** Where the next read begins, as `seek` takes it. At first `{ offset: 0, whence: SeekStart }`. */
  offset(...extra: never[]): { offset: number; whence: number } {
    refuseMore('offset', extra)
    return this.#position.place
  }

  /**
   * Moves to where the next read begins, and answers that offset: from the partition's first offset (SeekStart), back
   * from its last (SeekEnd), from where it is (SeekCurrent), or as it is (SeekAbsolute). Beyond the partition's bounds
   * it is a KafkaError of code OffsetOutOfRange; with SeekDontCheck nobody asks for them. Going where it is already
   * asks nobody. What is read of a batch that is open does not undo it.
   */
  seek(offset: number, whence: number, options?: CallOptions, ...extra: never[]): Promise<number> {
    return this.#calls.read('seek', options, extra, call =>
      this.#position.seek(offset, whence, () => this.#offsets.bounds(call)),
    )
  }

  /**
   * Reads the value of the next message into a buffer, and answers its length. A value that does not fit is a
   * ShortBufferError, and still to be read. As readMessage otherwise.
   */
  read(buffer: Uint8Array, options?: CallOptions, ...extra: never[]): Promise<number> {
    return this.#reads.value(buffer, options, extra)
  }

  /**
   * The next message. Waits for it until the read deadline, and is then rejected with a KafkaError of code
   * RequestTimedOut or a TimeoutError (`timeout` is true of both). `maxBytes` as in ReadBatchConfig. A whole batch is
   * fetched for each: to read many, use readBatch.
   */
  readMessage(maxBytes?: number, options?: CallOptions, ...extra: never[]): Promise<Message> {
    return this.#reads.message(maxBytes, options, extra)
  }

  /** As readBatchWith, with these two. */
  readBatch(minBytes?: number, maxBytes?: number, options?: CallOptions, ...extra: never[]): Promise<Batch> {
    const config = { ...(minBytes !== undefined && { minBytes }), ...(maxBytes !== undefined && { maxBytes }) }
    return this.#reads.batch('readBatch', config, options, extra)
  }

  /**
   * Messages from where the connection is on, fetched at once. Resolves with a Batch even if that failed: what with
   * says its `err()`, and reading it. Rejects with ConfigErrors and the signal's reason alone.
   */
  readBatchWith(config: ReadBatchConfig, options?: CallOptions, ...extra: never[]): Promise<Batch> {
    return this.#reads.batch('readBatchWith', config, options, extra)
  }

  /** Writes a message with this value, and answers its length in bytes. */
  write(value: Bytes, options?: CallOptions, ...extra: never[]): Promise<number> {
    return this.#writes.write('write', null, [{ value }], options, extra).then(({ nbytes }) => nbytes)
  }

  /** Writes messages, one or a list, as one batch: all or none. Answers the bytes of their keys and values. */
  writeMessages(
    messages: MessageInput | readonly MessageInput[],
    options?: CallOptions,
    ...extra: never[]
  ): Promise<number> {
    return this.#writes.write('writeMessages', null, messages, options, extra).then(({ nbytes }) => nbytes)
  }

  /** As writeMessages, compressed by this codec, or one of ours by name; null for none. */
  writeCompressedMessages(
    codec: CodecLike,
    messages: MessageInput | readonly MessageInput[],
    options?: CallOptions,
    ...extra: never[]
  ): Promise<number> {
    return this.#writes.write('writeCompressedMessages', codec, messages, options, extra).then(({ nbytes }) => nbytes)
  }

  /** As writeCompressedMessages, and tells where the messages went. */
  writeCompressedMessagesAt(
    codec: CodecLike,
    messages: MessageInput | readonly MessageInput[],
    options?: CallOptions,
    ...extra: never[]
  ): Promise<WrittenBatch> {
    return this.#writes.write('writeCompressedMessagesAt', codec, messages, options, extra)
  }

  /** Who must have a write: RequiredAcks.All (−1, the default) or One. Any other is a KafkaError of code InvalidRequiredAcks. */
  setRequiredAcks(acks: RequiredAcks | RequiredAcksName, ...extra: never[]): void {
    refuseMore('setRequiredAcks', extra)
    this.#writes.requireAcks(acks)
  }

  /** Both deadlines, of reads and of writes: a Date, milliseconds since 1970, or null for none. For calls under way, too. */
  setDeadline(time: Date | number | null, ...extra: never[]): void {
    refuseMore('setDeadline', extra)
    this.#calls.reading.set(time)
    this.#calls.writing.set(time)
  }

  /** The deadline of all that reads or asks. */
  setReadDeadline(time: Date | number | null, ...extra: never[]): void {
    refuseMore('setReadDeadline', extra)
    this.#calls.reading.set(time)
  }

  /** The deadline of all that writes messages, makes topics or deletes them. */
  setWriteDeadline(time: Date | number | null, ...extra: never[]): void {
    refuseMore('setWriteDeadline', extra)
    this.#calls.writing.set(time)
  }

  /** The offset of the first message that is not older than this (a Date, or milliseconds since 1970); −1 if all are. */
  readOffset(time: Date | number, options?: CallOptions, ...extra: never[]): Promise<number> {
    return this.#calls.read('readOffset', options, extra, call => this.#offsets.at(time, call))
  }

  /** The partition's first offset, and the one behind its last message. */
  readOffsets(options?: CallOptions, ...extra: never[]): Promise<Bounds> {
    return this.#calls.read('readOffsets', options, extra, call => this.#offsets.bounds(call))
  }

  /** The partition's first offset. */
  readFirstOffset(options?: CallOptions, ...extra: never[]): Promise<number> {
    return this.#calls.read('readFirstOffset', options, extra, call => this.#offsets.first(call))
  }

  /** The offset behind the partition's last message. */
  readLastOffset(options?: CallOptions, ...extra: never[]): Promise<number> {
    return this.#calls.read('readLastOffset', options, extra, call => this.#offsets.last(call))
  }

  /**
   * The partitions of these topics; by default of the connection's own, or of all if it has none. An error of the own
   * topic rejects, as does any if it has none; other topics with errors are left out.
   */
  readPartitions(topics?: string | readonly string[], options?: CallOptions, ...extra: never[]): Promise<Partition[]> {
    return this.#calls.read('readPartitions', options, extra, call =>
      readPartitions(this.#calls.caller, topics, this.#topic, call),
    )
  }

  /** The cluster's controller. */
  controller(options?: CallOptions, ...extra: never[]): Promise<Broker> {
    return this.#calls.read(
      'controller',
      options,
      extra,
      async call => (await readBrokers(this.#calls.caller, call)).controller,
    )
  }

  /** The cluster's brokers. */
  brokers(options?: CallOptions, ...extra: never[]): Promise<Broker[]> {
    return this.#calls.read(
      'brokers',
      options,
      extra,
      async call => (await readBrokers(this.#calls.caller, call)).brokers,
    )
  }

  /** The broker this leads to, as far as it was told: by dialLeader and dialPartition with id and rack. */
  broker(...extra: never[]): Broker {
    refuseMore('broker', extra)
    return { ...this.#broker }
  }

  /**
   * Makes topics; what is there already is no error. Rejects with the first error of a topic. Only the controller does
   * it, or any broker where there is no ZooKeeper; other brokers may know of them a moment later.
   */
  createTopics(topics: TopicConfig | readonly TopicConfig[], options?: CallOptions, ...extra: never[]): Promise<void> {
    return this.#calls.write('createTopics', options, extra, (caller, call) => makeTopics(caller, topics, call))
  }

  /** Deletes topics. Rejects with the first error of a topic. As for the broker, see createTopics. */
  deleteTopics(topics: string | readonly string[], options?: CallOptions, ...extra: never[]): Promise<void> {
    return this.#calls.write('deleteTopics', options, extra, (caller, call) => dropTopics(caller, topics, call))
  }

  /** What the broker speaks. */
  apiVersions(options?: CallOptions, ...extra: never[]): Promise<ApiVersion[]> {
    return this.#calls.read('apiVersions', options, extra, async call => {
      const { error, apiKeys } = await apiVersions(this.#calls.caller, {}, call)
      if (error !== null) throw error
      return apiKeys
    })
  }

  /** Our end of the connection; null where the runtime does not tell. */
  localAddr(...extra: never[]): Addr | null {
    refuseMore('localAddr', extra)
    const address = this.#connection.socket?.localAddress
    return address === undefined ? null : tcp(formatAddress(address))
  }

  /** The broker's end; where the runtime does not tell, what was dialed. */
  remoteAddr(...extra: never[]): Addr {
    refuseMore('remoteAddr', extra)
    return tcp(formatAddress(this.#connection.socket?.remoteAddress ?? this.#address))
  }

  /** Ends reads under way, waits for the answers to writes (five seconds at most) and closes. Calls from now on get a ClosedError. */
  async close(...extra: never[]): Promise<void> {
    refuseMore('close', extra)
    await this.#calls.close()
  }

  /** The same as `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
