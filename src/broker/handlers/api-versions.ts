import type { ResponseInput } from '../../protocol/api.ts'
import { ApiVersions } from '../../protocol/api-versions.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { type Handler, handler, type RequestContext, type ServedApi } from '../handler.ts'

// KIP-511: what a client may call itself.
const softwareName = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/
// What is kept of that while a connection lasts, in characters.
const longestName = 255

export const apiVersions: Handler = handler(ApiVersions, [0, 5], (request, context) => {
  const { clusterId, nodeId, clientSoftwareName, clientSoftwareVersion } = request
  const failed = (errorCode: number): ResponseInput<typeof ApiVersions> => ({ errorCode, apiKeys: [] })
  if (context.apiVersion >= 3 && !(softwareName.test(clientSoftwareName) && softwareName.test(clientSoftwareVersion)))
    return failed(ErrorCode.InvalidRequest)
  // KIP-1242: a client that meant another cluster or broker must look for it anew.
  const stranger =
    (clusterId !== null && clusterId !== context.cluster.id) || (nodeId >= 0 && nodeId !== context.node.id)
  if (stranger) return failed(ErrorCode.RebootstrapRequired)
  if (context.apiVersion >= 3) {
    const [name, version] = [clientSoftwareName, clientSoftwareVersion].map(each => each.slice(0, longestName))
    context.connection.software = { name: name!, version: version! }
  }
  return { errorCode: 0, apiKeys: keysOf(context.served), ...featuresOf(context) }
})

/** The answer, in version 0, to a version this broker has not: it tells which of ApiVersions it has (KIP-511). */
export function unsupportedApiVersions(mine: ServedApi): ResponseInput<typeof ApiVersions> {
  return { errorCode: ErrorCode.UnsupportedVersion, apiKeys: keysOf([mine]) }
}

function keysOf(served: readonly ServedApi[]): { apiKey: number; minVersion: number; maxVersion: number }[] {
  return served.map(({ api, versions }) => ({ apiKey: api.key, minVersion: versions[0], maxVersion: versions[1] }))
}

function featuresOf({
  cluster: { features, supported, featuresEpoch },
}: RequestContext): Pick<
  ResponseInput<typeof ApiVersions>,
  'supportedFeatures' | 'finalizedFeatures' | 'finalizedFeaturesEpoch'
> {
  const all = [...features].filter(([, level]) => level > 0)
  return {
    supportedFeatures: [...supported].map(([name, level]) => ({ name, minVersion: 0, maxVersion: level })),
    finalizedFeatures: all.map(([name, level]) => ({ name, maxVersionLevel: level, minVersionLevel: level })),
    finalizedFeaturesEpoch: featuresEpoch,
  }
}
