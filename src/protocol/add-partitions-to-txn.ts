import { array, ignorable, since, until, withDefault } from '../schema/combinators.ts'
import { bigInt64, boolean, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toCoordinator } from './route.ts'

const topic = { name: string, partitions: array(int32) }

const partitionResult = { partitionIndex: int32, partitionErrorCode: int16 }

const topicResult = { name: string, resultsByPartition: array(partitionResult) }

/**
 * Makes partitions part of a transaction before anything is written to them (KIP-98). Up to v3 for clients; v4 and v5
 * are for brokers, which ask for several transactions at once (KIP-890).
 */
export const AddPartitionsToTxn = api({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: [0, 5],
  flexible: 3,
  route: toCoordinator('transaction', 'v3AndBelowTransactionalId'),
  request: {
    /** From v4, for brokers. */
    transactions: since(
      4,
      array({
        transactionalId: string,
        producerId: bigInt64,
        producerEpoch: int16,
        verifyOnly: withDefault(boolean, false),
        topics: array(topic),
      }),
    ),
    v3AndBelowTransactionalId: until(3, string),
    v3AndBelowProducerId: until(3, bigInt64),
    v3AndBelowProducerEpoch: until(3, int16),
    v3AndBelowTopics: until(3, array(topic)),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: ignorable(since(4, int16)),
    resultsByTransaction: since(4, array({ transactionalId: string, topicResults: array(topicResult) })),
    resultsByTopicV3AndBelow: until(3, array(topicResult)),
  },
  cap: () => 3,
})
