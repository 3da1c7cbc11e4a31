import { onTestFinished } from 'vitest'
import { memory } from '../../adapters/memory/index.ts'
import { natives } from '../../adapters/node/index.ts'
import { parseAddress } from '../../src/base/address.ts'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { Broker, type BrokerConfig } from '../../src/broker/index.ts'
import {
  Client,
  Reader,
  type ReaderConfig,
  Transport,
  type TransportConfig,
  Writer,
  type WriterConfig,
} from '../../src/index.ts'
import { Fetch } from '../../src/protocol/fetch.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'
import { scanBatches } from '../../src/records/record-batch.ts'
import { BrokerConnection } from '../../src/socket/connection.ts'

/** An embedded broker and clients of it, all closed when the test is over. */
export function open(config: BrokerConfig = {}) {
  const broker = new Broker({ natives, ...config })
  onTestFinished(() => broker.close())
  const adapter = memory(broker, natives)

  function transport(more: TransportConfig = {}): Transport {
    const made = new Transport({ adapter, natives, ...more })
    onTestFinished(() => made.close())
    return made
  }

  const shared = transport()

  return {
    broker,
    adapter,
    transport,
    client: new Client({ addr: broker.addresses, transport: shared }),
    writer(more: Partial<WriterConfig>): Writer {
      const made = new Writer({ addr: broker.addresses, transport: shared, ...more })
      onTestFinished(() => made.close().catch(() => {}))
      return made
    },
    reader(more: Partial<ReaderConfig>): Reader {
      const made = new Reader({ brokers: broker.addresses, transport: shared, maxWait: 200, ...more })
      onTestFinished(() => made.close().catch(() => {}))
      return made
    },
    /** A connection to one broker, for requests as they are. */
    async connect(brokerId = 1, clientId = 'test'): Promise<BrokerConnection> {
      const connection = await BrokerConnection.open({
        adapter,
        address: parseAddress(broker.address(brokerId)),
        clientId,
        lane: 'test',
        dialTimeout: 5_000,
        requestTimeout: 10_000,
        clock: systemClock,
        logger: silentLogger,
      })
      onTestFinished(() => connection.abort())
      return connection
    },
  }
}

/** The offsets of the batches a partition holds, and how many records each has. */
export async function stored(
  connection: BrokerConnection,
  topic: string,
  partition = 0,
): Promise<[offset: number, count: number][]> {
  const asked = { topic, partitions: [{ partition, fetchOffset: 0, partitionMaxBytes: 10_000_000 }] }
  const { responses } = await connection.request(Fetch, { maxWaitMs: 0, minBytes: 0, topics: [asked] }, { version: 12 })
  const records = responses[0]!.partitions[0]!.records!
  return scanBatches(records).map(({ baseOffset, count }) => [baseOffset, count])
}

/** A batch of one record. */
export function batch(
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
    timestamp = 1_700_000_000_000,
    value = 'value',
  } = stamp
  const builder = new BatchBuilder()
  builder.append('key', value, [], timestamp)
  return new Uint8Array(builder.finish({ producerId, producerEpoch, baseSequence, transactional }))
}
