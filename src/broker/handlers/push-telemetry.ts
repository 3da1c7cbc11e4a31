import { zeroUuid } from '../../bytes/reader.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { PushTelemetry } from '../../protocol/push-telemetry.ts'
import { type Handler, handler } from '../handler.ts'
import { andThen } from '../turns.ts'
import { instanceOf } from './get-telemetry-subscriptions.ts'

// What no client can be called: Kafka has a use of its own for them.
const reserved = [zeroUuid, 'AAAAAAAAAAAAAAAAAAAAAQ']

/** Reports are looked at no further, and not kept. */
export const pushTelemetry: Handler = handler(PushTelemetry, [0, 0], (request, context) => {
  const { clientInstanceId } = request
  if (reserved.includes(clientInstanceId)) return { errorCode: ErrorCode.InvalidRequest }
  return andThen(instanceOf(clientInstanceId, context), instance => ({
    errorCode: instance.reported(request, context.cluster.clock.monotonic()),
  }))
})
