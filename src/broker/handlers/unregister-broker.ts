import { ErrorCode } from '../../protocol/errors.ts'
import { UnregisterBroker } from '../../protocol/unregister-broker.ts'
import { deniedCluster } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import { type Handler, handler } from '../handler.ts'

export const unregisterBroker: Handler = handler(UnregisterBroker, [0, 0], ({ brokerId }, context) => {
  const { cluster } = context
  const refused = deniedCluster(context, Operation.alter)
  if (refused !== 0) return { errorCode: refused, errorMessage: 'Cluster authorization failed.' }
  if (!cluster.isRegistered(brokerId))
    return {
      errorCode: ErrorCode.BrokerIDNotRegistered,
      errorMessage: `Broker ID ${brokerId} is not currently registered.`,
    }
  cluster.unregister(brokerId)
  return { errorCode: 0, errorMessage: null }
})
