import type { RequestOf } from '../../protocol/api.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { UpdateFeatures } from '../../protocol/update-features.ts'
import { deniedCluster } from '../access/access.ts'
import { Operation } from '../access/operations.ts'
import type { Cluster } from '../cluster.ts'
import { type Handler, handler } from '../handler.ts'
import { repeatedKeys } from '../topics/named-once.ts'

type Update = RequestOf<typeof UpdateFeatures>['featureUpdates'][number]

const upgrade = 1
const unsafeDowngrade = 3

/** All or none; level 0 takes a feature away. */
export const updateFeatures: Handler = handler(UpdateFeatures, [0, 2], (request, context) => {
  const { cluster, apiVersion } = context
  const { featureUpdates, validateOnly } = request
  const refused = deniedCluster(context, Operation.alter)
  if (refused !== 0) return { errorCode: refused, errorMessage: 'Authorization failed.', results: [] }
  const types = featureUpdates.map(({ upgradeType, allowDowngrade }) =>
    apiVersion === 0 && allowDowngrade ? unsafeDowngrade : upgradeType,
  )
  const repeated = repeatedKeys(featureUpdates, ({ feature }) => feature)
  const errors = featureUpdates.map((update, at) => wrongUpdate(update, types[at]!, repeated, cluster))
  const wrong = errors.find(each => each !== undefined)
  if (wrong !== undefined) return { errorCode: ErrorCode.InvalidUpdateVersion, errorMessage: wrong, results: [] }
  if (apiVersion === 0 || !validateOnly) {
    cluster.featuresEpoch++
    for (const { feature, maxVersionLevel } of featureUpdates) cluster.features.set(feature, maxVersionLevel)
  }
  const results = featureUpdates.map(({ feature }) => ({ feature, errorCode: 0, errorMessage: null }))
  return { errorCode: 0, errorMessage: null, results: apiVersion >= 2 ? [] : results }
})

function wrongUpdate(
  { feature, maxVersionLevel: level }: Update,
  type: number,
  repeated: ReadonlySet<string>,
  { features, supported }: Cluster,
): string | undefined {
  const invalid = (why: string): string => `Invalid update version ${level} for feature ${feature}. ${why}`
  const most = supported.get(feature)
  if (most === undefined) return invalid('Local controller does not support this feature.')
  if (level < 0 || level > most) return invalid(`Local controller only supports versions 0-${most}`)
  if (repeated.has(feature)) return invalid('It is named twice.')
  const present = features.get(feature) ?? 0
  if (type < upgrade || type > unsafeDowngrade)
    return invalid(`The controller does not support the given upgrade type.`)
  if (type === upgrade && level < present)
    return invalid(
      `Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.`,
    )
  if (type !== upgrade && level > present) return invalid(`Can't downgrade to a newer version.`)
  return undefined
}
