import { suite as admin } from './admin.ts'
import { suite as client } from './client.ts'
import { suite as conn } from './conn.ts'
import { suite as connReading } from './conn-reading.ts'
import { suite as connWriting } from './conn-writing.ts'
import { suite as consumerGroup } from './consumer-group.ts'
import { suite as dialer } from './dialer.ts'
import { suite as group } from './group.ts'
import { suite as groupHooks } from './group-hooks.ts'
import {
  consumerSuite as consumerReader,
  cooperativeSuite as cooperativeReader,
  suite as groupReader,
} from './group-reader.ts'
import type { Suite } from './harness.ts'
import { suite as natives } from './natives.ts'
import { suite as reader } from './reader.ts'
import { suite as readerDelivery } from './reader-delivery.ts'
import { suite as readerFetching } from './reader-fetching.ts'
import { suite as readerPositions } from './reader-positions.ts'
import { suite as readerTransactions } from './reader-transactions.ts'
import { suite as socket } from './socket.ts'
import { suite as streams } from './streams.ts'
import { suite as transactions } from './transactions.ts'
import { suite as transport } from './transport.ts'
import { suite as wire } from './wire.ts'
import { suite as writer } from './writer.ts'
import { suite as writerDelivery } from './writer-delivery.ts'

/** Every room's contract suite, by room. */
export const suites: Readonly<Record<string, Suite>> = {
  admin,
  client,
  conn,
  'conn reading': connReading,
  'conn writing': connWriting,
  'consumer group': consumerGroup,
  dialer,
  group,
  'group hooks': groupHooks,
  'group reader': groupReader,
  'group reader by the consumer protocol': consumerReader,
  'group reader, cooperative': cooperativeReader,
  natives,
  reader,
  'reader delivery': readerDelivery,
  'reader fetching': readerFetching,
  'reader positions': readerPositions,
  'reader transactions': readerTransactions,
  socket,
  streams,
  transactions,
  transport,
  wire,
  writer,
  'writer delivery': writerDelivery,
}
