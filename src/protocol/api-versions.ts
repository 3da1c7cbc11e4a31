import { array, ignorable, nullable, since, tagged } from '../schema/combinators.ts'
import { boolean, int16, int32, int64, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toAny } from './route.ts'

/**
 * What the broker speaks: the first request on a connection. Any broker answers; one that doesn't know the version
 * asked answers in version 0 with UNSUPPORTED_VERSION (KIP-511), and the response header has no tagged fields in any
 * version.
 */
export const ApiVersions = api({
  key: 18,
  name: 'ApiVersions',
  versions: [0, 5],
  flexible: 3,
  route: toAny,
  repeatable: true,
  request: {
    /** Letters, digits, '-' and '.', or the broker refuses (KIP-511). */
    clientSoftwareName: ignorable(since(3, string)),
    clientSoftwareVersion: ignorable(since(3, string)),
    /** With nodeId: whom we believe to talk to; a stranger answers REBOOTSTRAP_REQUIRED (KIP-1242). */
    clusterId: ignorable(since(5, nullable(string), null)),
    nodeId: ignorable(since(5, int32, -1)),
  },
  response: {
    errorCode: int16,
    apiKeys: array({ apiKey: int16, minVersion: int16, maxVersion: int16 }),
    throttleTimeMs: ignorable(since(1, int32)),
    /** KIP-584. */
    supportedFeatures: ignorable(tagged(0, since(3, array({ name: string, minVersion: int16, maxVersion: int16 })))),
    /** -1: unknown. */
    finalizedFeaturesEpoch: ignorable(tagged(1, since(3, int64, -1))),
    finalizedFeatures: ignorable(
      tagged(2, since(3, array({ name: string, maxVersionLevel: int16, minVersionLevel: int16 }))),
    ),
    zkMigrationReady: ignorable(tagged(3, since(3, boolean))),
  },
})
