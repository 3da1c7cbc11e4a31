import { ignorable, nullable, since, withDefault } from '../schema/combinators.ts'
import { bigInt64, boolean, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toCoordinator } from './route.ts'

/**
 * A producer id and epoch: from any broker for idempotence, from the transaction coordinator for transactions. v6 is
 * two-phase commit (KIP-939), still unstable in Kafka 4.4, and so asked for only by those who use it.
 */
export const InitProducerId = api({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 6],
  flexible: 2,
  route: toCoordinator('transaction', 'transactionalId'),
  // A transaction of this id would be ended by it.
  ahead: ({ transactionalId }) => transactionalId === null,
  request: {
    /** null for idempotence alone. */
    transactionalId: nullable(string),
    transactionTimeoutMs: int32,
    /** From v3: the id and epoch held so far, to bump the epoch (KIP-360). */
    producerId: since(3, bigInt64, -1n),
    producerEpoch: since(3, int16, -1),
    enable2Pc: since(6, boolean),
    keepPreparedTxn: since(6, boolean),
  },
  response: {
    throttleTimeMs: ignorable(int32),
    errorCode: int16,
    producerId: withDefault(bigInt64, -1n),
    producerEpoch: int16,
    ongoingTxnProducerId: since(6, bigInt64, -1n),
    ongoingTxnProducerEpoch: since(6, int16, -1),
  },
  cap: ({ enable2Pc = false, keepPreparedTxn = false }) => (enable2Pc || keepPreparedTxn ? 6 : 5),
})
