import { oneOf, type SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { packageVersion } from '../base/version.ts'
import { ApiVersions } from '../protocol/api-versions.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { UpdateFeatures } from '../protocol/update-features.ts'
import type { Addressed, Caller } from './caller.ts'
import { FeatureUpgradeType, type OrName } from './constants.ts'
import { errorAbout } from './error-about.ts'
import { itemsOf } from './nested.ts'

/** What `describeFeatures` of a Client is asked. */
export interface DescribeFeaturesRequest extends Addressed {
  /** The broker to ask what it could do. Default: any. */
  brokerId?: number
}

export const describeFeaturesSettings: SettingKinds<DescribeFeaturesRequest> = { addr: 'any', brokerId: 'number' }

/** What `describeFeatures` of a Client answers. */
export interface DescribeFeaturesResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** Counts the changes of the levels; −1 when the cluster has none. */
  finalizedFeaturesEpoch: number
  /** The cluster's levels, by feature: 'metadata.version' … */
  finalizedFeatures: Record<string, FeatureLevels>
  /** The levels that the broker could do, by feature. */
  supportedFeatures: Record<string, FeatureLevels>
}

/** The levels of a feature that are possible. */
export interface FeatureLevels {
  /** The lowest. */
  min: number
  /** The highest. */
  max: number
}

/** What `updateFeatures` of a Client is asked. */
export interface UpdateFeaturesRequest extends Addressed {
  /** The changes. */
  updates: readonly FeatureUpdate[]
  /** True: check only, change nothing. */
  validateOnly?: boolean
  /** Milliseconds that the controller may work at it. Default 10,000, or half of the client's timeout. */
  timeout?: number
}

export const updateFeaturesSettings: SettingKinds<UpdateFeaturesRequest> = {
  addr: 'any',
  updates: 'list!',
  validateOnly: 'boolean',
  timeout: 'number',
}

/** A feature, and the level that it is to have. */
export interface FeatureUpdate {
  /** The feature's name, as 'metadata.version'. */
  feature: string
  /** 0 takes the feature away. */
  level: number
  /** Default: upgrade. */
  upgradeType?: OrName<typeof FeatureUpgradeType>
}

const updateFields: SettingKinds<FeatureUpdate> = { feature: 'string!', level: 'number!', upgradeType: 'any' }

/** What `updateFeatures` of a Client answers. */
export interface UpdateFeaturesResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** From Kafka 4.0 on an error is of the whole: all levels are changed or none. */
  error: KafkaError | null
  /** By feature; none of those that the broker does not tell of. */
  errors: Record<string, KafkaError | null>
}

const controllerTimeout = 10_000

export async function describeFeatures(
  caller: Caller,
  request: DescribeFeaturesRequest,
  options: CallOptions,
): Promise<DescribeFeaturesResponse> {
  const { brokerId } = request
  const software = { clientSoftwareName: 'isokafka', clientSoftwareVersion: packageVersion }
  const response = await caller.send(request, ApiVersions, software, {
    ...options,
    ...(brokerId !== undefined && { brokerId }),
  })
  return {
    throttle: response.throttleTimeMs,
    error: errorAbout('features', response.errorCode),
    finalizedFeaturesEpoch: response.finalizedFeaturesEpoch,
    finalizedFeatures: Object.fromEntries(
      response.finalizedFeatures.map(({ name, minVersionLevel: min, maxVersionLevel: max }) => [name, { min, max }]),
    ),
    supportedFeatures: Object.fromEntries(
      response.supportedFeatures.map(({ name, minVersion: min, maxVersion: max }) => [name, { min, max }]),
    ),
  }
}

export async function updateFeatures(
  caller: Caller,
  request: UpdateFeaturesRequest,
  options: CallOptions,
): Promise<UpdateFeaturesResponse> {
  const { validateOnly = false, timeout = caller.brokerTimeout(controllerTimeout) } = request
  const featureUpdates = itemsOf('an update of updateFeatures()', request.updates, updateFields).map(
    ({ feature, level, upgradeType = FeatureUpgradeType.Upgrade }) => {
      const type = oneOf('upgradeType', upgradeType, FeatureUpgradeType)
      // Two words of one meaning: each version has its own.
      return {
        feature,
        maxVersionLevel: level,
        upgradeType: type,
        allowDowngrade: type !== FeatureUpgradeType.Upgrade,
      }
    },
  )
  const wire = { timeoutMs: timeout, featureUpdates, validateOnly }
  const response = await caller.send(request, UpdateFeatures, wire, { ...options, waits: timeout })
  return {
    throttle: response.throttleTimeMs,
    error: errorAbout('features', response.errorCode, response.errorMessage),
    errors: Object.fromEntries(
      response.results.map(({ feature, errorCode, errorMessage }) => [
        feature,
        errorAbout(`feature ${feature}`, errorCode, errorMessage),
      ]),
    ),
  }
}
