import { zeroUuid } from '../../bytes/reader.ts'
import { GetTelemetrySubscriptions } from '../../protocol/get-telemetry-subscriptions.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'
import { type ClientInstance, mostTelemetryBytes } from '../telemetry/client-instance.ts'
import { andThen } from '../turns.ts'

// Codes of zstd, lz4, gzip and snappy, the one liked best first.
const acceptedCompressionTypes = [4, 3, 1, 2]

const nothing = {
  clientInstanceId: zeroUuid,
  subscriptionId: 0,
  acceptedCompressionTypes: [],
  pushIntervalMs: 0,
  telemetryMaxBytes: 0,
  deltaTemporality: false,
  requestedMetrics: [],
}

/** Kafka offers it only where it has a plugin that takes reports; here `control` may look at them. */
export const getTelemetrySubscriptions: Handler = handler(
  GetTelemetrySubscriptions,
  [0, 0],
  ({ clientInstanceId: known }, context) => {
    const { cluster } = context
    const clientInstanceId = known === zeroUuid ? cluster.randomUuid() : known
    return andThen(instanceOf(clientInstanceId, context), instance => {
      const errorCode = instance.asked(cluster.clock.monotonic())
      if (errorCode !== 0) return { ...nothing, errorCode }
      return {
        errorCode: 0,
        clientInstanceId,
        subscriptionId: instance.subscriptionId,
        acceptedCompressionTypes,
        pushIntervalMs: instance.subscribed.interval,
        telemetryMaxBytes: mostTelemetryBytes,
        deltaTemporality: true,
        requestedMetrics: instance.subscribed.metrics,
      }
    })
  },
)

/** The client of that id, as this connection knows it. */
export function instanceOf(
  id: string,
  { cluster, node, connection, clientId }: RequestContext,
): ClientInstance | Promise<ClientInstance> {
  const { name, version } = connection.software
  const attributes = {
    client_instance_id: id,
    client_id: clientId ?? '',
    client_software_name: name,
    client_software_version: version,
    client_source_address: connection.clientHost,
  }
  return node.clientInstances.of(id, attributes, cluster.metricsConfigs, cluster.turns)
}
