import { array, ignorable, nullable, since, until, withDefault } from '../schema/combinators.ts'
import { boolean, int8, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toController } from './route.ts'

/** Raises or lowers finalised feature levels (KIP-584). */
export const UpdateFeatures = api({
  key: 57,
  name: 'UpdateFeatures',
  versions: [0, 2],
  flexible: 0,
  route: toController,
  request: {
    timeoutMs: withDefault(int32, 60000),
    featureUpdates: array({
      feature: string,
      maxVersionLevel: int16,
      /** v0. Give both forms: a version takes its own. */
      allowDowngrade: ignorable(until(0, boolean), { beside: 'upgradeType' }),
      /** 1 upgrade, 2 safe downgrade, 3 downgrade that may lose metadata. */
      upgradeType: ignorable(since(1, int8, 1), { beside: 'allowDowngrade' }),
    }),
    validateOnly: since(1, boolean),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: nullable(string),
    results: ignorable(until(1, array({ feature: string, errorCode: int16, errorMessage: nullable(string) }))),
  },
})
