import type { SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { packageVersion } from '../base/version.ts'
import { apiName } from '../protocol/api-names.ts'
import { ApiVersions } from '../protocol/api-versions.ts'
import { errorFor, type KafkaError } from '../protocol/errors.ts'
import type { Addressed, Caller } from './caller.ts'

/** What `apiVersions` of a Client is asked. */
export interface ApiVersionsRequest extends Addressed {}

export const apiVersionsSettings: SettingKinds<ApiVersionsRequest> = { addr: 'any' }

/** What `apiVersions` of a Client answers. */
export interface ApiVersionsResponse {
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** The APIs that the broker speaks. */
  apiKeys: ApiVersionsResponseApiKey[]
}

/** The versions of one API that a broker speaks. */
export interface ApiVersionsResponseApiKey {
  /** The API's key, as in `isokafka/protocol`. */
  apiKey: number
  /** '' for an API newer than this package. */
  apiName: string
  /** The lowest version that it speaks. */
  minVersion: number
  /** The highest version that it speaks. */
  maxVersion: number
}

export async function apiVersions(
  caller: Caller,
  request: ApiVersionsRequest,
  options: CallOptions,
): Promise<ApiVersionsResponse> {
  const software = { clientSoftwareName: 'isokafka', clientSoftwareVersion: packageVersion }
  const response = await caller.send(request, ApiVersions, software, options)
  const apiKeys = response.apiKeys.map(({ apiKey, minVersion, maxVersion }) => ({
    apiKey,
    apiName: apiName(apiKey),
    minVersion,
    maxVersion,
  }))
  return { error: errorFor(response.errorCode), apiKeys }
}
