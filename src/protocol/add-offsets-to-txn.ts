import { bigInt64, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toCoordinator } from './route.ts'

/** Makes a group's offsets part of a transaction (KIP-98). To the transaction coordinator. */
export const AddOffsetsToTxn = api({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: [0, 4],
  flexible: 3,
  route: toCoordinator('transaction', 'transactionalId'),
  request: { transactionalId: string, producerId: bigInt64, producerEpoch: int16, groupId: string },
  response: { throttleTimeMs: int32, errorCode: int16 },
})
