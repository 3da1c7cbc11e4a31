import { adapter as nodeAdapter } from '../../adapters/node/index.ts'
import { parseAddress } from '../../src/base/address.ts'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { utf8 } from '../../src/bytes/utf8.ts'
import { concat } from '../../src/bytes/writer.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../../src/protocol/api.ts'
import { CreateTopics } from '../../src/protocol/create-topics.ts'
import { DescribeTransactions } from '../../src/protocol/describe-transactions.ts'
import { ErrorCode } from '../../src/protocol/errors.ts'
import { FindCoordinator } from '../../src/protocol/find-coordinator.ts'
import { readResponse, requestFrame } from '../../src/protocol/headers.ts'
import { InitProducerId } from '../../src/protocol/init-producer-id.ts'
import { ListOffsets } from '../../src/protocol/list-offsets.ts'
import { Metadata } from '../../src/protocol/metadata.ts'
import { OffsetFetch } from '../../src/protocol/offset-fetch.ts'
import { SaslAuthenticate } from '../../src/protocol/sasl-authenticate.ts'
import { SaslHandshake } from '../../src/protocol/sasl-handshake.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import { BrokerConnection } from '../../src/socket/connection.ts'
import type { SocketAdapter } from '../../src/socket/socket.ts'
import { Normaliser } from './normalise.ts'

// What a coordinator says that has yet to become one.
const early: readonly number[] = [
  ErrorCode.NotCoordinatorForGroup,
  ErrorCode.GroupLoadInProgress,
  ErrorCode.GroupCoordinatorNotAvailable,
]

export interface Line {
  readonly asked: string
  readonly answered: unknown
}

/** One broker, asked directly; what it answers is written down in a form that two brokers can share. */
export class Peer {
  readonly journal: Line[] = []
  readonly #adapter: SocketAdapter
  readonly #address: string
  readonly #login: { username: string; password: string } | undefined
  readonly #normaliser = new Normaliser()
  readonly #connections: BrokerConnection[] = []
  readonly #topicIds = new Map<string, string>()

  /** `login`: by PLAIN. */
  constructor(address: string, adapter: SocketAdapter = nodeAdapter, login?: { username: string; password: string }) {
    this.#address = address
    this.#adapter = adapter
    this.#login = login
  }

  /** Another connection. */
  async connect(clientId = 'differential'): Promise<BrokerConnection> {
    const connection = await BrokerConnection.open({
      adapter: this.#adapter,
      address: parseAddress(this.#address),
      clientId,
      lane: 'test',
      dialTimeout: 10_000,
      requestTimeout: 20_000,
      clock: systemClock,
      logger: silentLogger,
    })
    if (this.#login !== undefined) await logIn(connection, this.#login)
    this.#connections.push(connection)
    return connection
  }

  /** Asks and writes down. */
  async ask<A extends AnyApi>(
    api: A,
    version: number,
    request: RequestInput<A>,
    connection?: BrokerConnection,
  ): Promise<ResponseOf<A>> {
    const on = connection ?? this.#connections[0] ?? (await this.connect())
    const asked = `${api.name} v${version} ${text(request)}`
    let response: ResponseOf<A>
    try {
      response = await on.request(api, request, { version })
    } catch (error) {
      this.journal.push({ asked, answered: `failed: ${(error as Error).name}` })
      throw error
    }
    this.journal.push({ asked, answered: this.#normaliser.normal(response) })
    return response
  }

  /** Asks with bytes behind the request that are none of it, and writes down. */
  async askWith<A extends AnyApi>(
    beyond: Uint8Array,
    api: A,
    version: number,
    request: RequestInput<A>,
  ): Promise<void> {
    const socket = await this.#adapter.dial(parseAddress(this.#address), {})
    const frame = concat([...requestFrame(api, version, 1, 'differential', request), beyond])
    new DataView(frame.buffer).setInt32(0, frame.length - 4)
    let held: Uint8Array = new Uint8Array(0)
    try {
      await socket.write([frame])
      while (held.length < 4 || held.length < 4 + new DataView(held.buffer).getInt32(0)) {
        const chunk = await socket.read()
        if (chunk === null) break
        held = concat([held, chunk])
      }
    } catch {
      // What has come is what counts.
    }
    socket.abort()
    const answered = held.length < 4 ? 'closed' : readResponse(api, version, held.subarray(4)).response
    this.note(`${api.name} v${version} ${text(request)} and ${beyond.length} bytes`, answered)
  }

  /** Writes down something learnt otherwise. */
  note(asked: string, answered: unknown): void {
    this.journal.push({ asked, answered: this.#normaliser.normal(answered) })
  }

  /** Asks without writing down, until it is no longer an error that time cures. */
  async settle<A extends AnyApi>(
    api: A,
    version: number,
    request: RequestInput<A>,
    done: (response: ResponseOf<A>) => boolean,
  ): Promise<ResponseOf<A>> {
    const on = this.#connections[0] ?? (await this.connect())
    for (let left = 100; ; left--) {
      const response = await on.request(api, request, { version })
      if (done(response)) return response
      if (left === 0) throw new Error(`${api.name} did not settle: ${text(response)}`)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }

  /** A topic that can be used at once; answers its id. */
  async topic(name: string, partitions = 1, configs: Readonly<Record<string, string>> = {}): Promise<string> {
    const on = this.#connections[0] ?? (await this.connect())
    const entries = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
    await on.request(
      CreateTopics,
      { topics: [{ name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: entries }] },
      { version: 7 },
    )
    const { topics } = await this.settle(
      Metadata,
      12,
      { topics: [{ name }] },
      response =>
        response.topics[0]!.partitions.length === partitions &&
        response.topics[0]!.partitions.every(({ leaderId }) => leaderId >= 0),
    )
    const everywhere = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }))
    await this.settle(ListOffsets, 4, { replicaId: -1, topics: [{ name, partitions: everywhere }] }, response =>
      response.topics[0]!.partitions.every(({ errorCode }) => errorCode === 0),
    )
    this.#topicIds.set(name, topics[0]!.topicId)
    return topics[0]!.topicId
  }

  /** Makes sure that a broker that has just started can give out producer ids. */
  async producerIds(): Promise<void> {
    const request = { transactionalId: null, transactionTimeoutMs: 60_000 }
    await this.settle(InitProducerId, 4, request, ({ errorCode }) => errorCode !== ErrorCode.GroupLoadInProgress)
  }

  /** Makes sure that a group's coordinator has loaded what it must know. */
  async group(groupId: string): Promise<void> {
    await this.#coordinator(groupId, 0)
    const request = { groupId: '', topics: null, groups: [{ groupId, topics: [] }] }
    await this.settle(OffsetFetch, 8, request, ({ groups }) => !early.includes(groups[0]!.errorCode))
  }

  async #coordinator(key: string, keyType: 0 | 1): Promise<void> {
    await this.settle(
      FindCoordinator,
      4,
      { keyType, coordinatorKeys: [key] },
      ({ coordinators }) => coordinators[0]!.errorCode !== ErrorCode.GroupCoordinatorNotAvailable,
    )
  }

  /** Makes sure that a transactional id's coordinator has loaded what it must know. */
  async transactions(transactionalId: string): Promise<void> {
    await this.#coordinator(transactionalId, 1)
    await this.settle(
      DescribeTransactions,
      0,
      { transactionalIds: [transactionalId] },
      ({ transactionStates }) => !early.includes(transactionStates[0]!.errorCode),
    )
    // A broker that just started has no producer ids to give yet.
    const anybody = { transactionalId: null, transactionTimeoutMs: 60_000 }
    await this.settle(InitProducerId, 4, anybody, ({ errorCode }) => !early.includes(errorCode))
  }

  topicId(name: string): string {
    return this.#topicIds.get(name)!
  }

  close(): void {
    for (const connection of this.#connections) connection.abort()
  }
}

async function logIn(
  connection: BrokerConnection,
  { username, password }: { username: string; password: string },
): Promise<void> {
  await connection.request(SaslHandshake, { mechanism: 'PLAIN' }, { version: 1 })
  const authBytes = utf8(`\0${username}\0${password}`)
  const { errorCode, errorMessage } = await connection.request(SaslAuthenticate, { authBytes }, { version: 2 })
  if (errorCode !== 0) throw new Error(String(errorMessage))
}

/** A request as words, with byte strings by their length: both peers' are the same. */
function text(value: unknown): string {
  return JSON.stringify(value, (key, each) =>
    /producerId|memberId|topicId|sessionId/i.test(key)
      ? '…'
      : each instanceof Uint8Array
        ? `${each.length} bytes`
        : each,
  )
}

// The same for both peers. Not long ago: of old records a real broker soon lets go, and begins another segment for what
// is of today.
export const now = Date.now()

/** A batch of so many records. */
export function batch(
  count: number,
  stamp: {
    producerId?: bigint
    producerEpoch?: number
    baseSequence?: number
    transactional?: boolean
    timestamp?: number
    value?: string
  } = {},
): Uint8Array {
  const {
    producerId = -1n,
    producerEpoch = -1,
    baseSequence = -1,
    transactional = false,
    timestamp = now,
    value = 'value',
  } = stamp
  const builder = new BatchBuilder()
  for (let i = 0; i < count; i++) builder.append(`key-${i}`, value, [], timestamp + i)
  return new Uint8Array(builder.finish({ producerId, producerEpoch, baseSequence, transactional }))
}
