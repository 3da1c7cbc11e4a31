import { array, ignorable, nullable, since, until } from '../schema/combinators.ts'
import { boolean, int8, int16, int32, string } from '../schema/scalars.ts'
import { api } from './api.ts'
import { toBroker } from './route.ts'

/** Settings of topics, brokers, groups and more (KIP-133); those of one broker from that broker alone. */
export const DescribeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  versions: [0, 4],
  flexible: 4,
  route: toBroker(['resources'], ['results']),
  repeatable: true,
  request: {
    resources: array({
      resourceType: int8,
      resourceName: string,
      /** null: all. */
      configurationKeys: nullable(array(string)),
    }),
    includeSynonyms: since(1, boolean),
    includeDocumentation: since(3, boolean),
  },
  response: {
    throttleTimeMs: int32,
    results: array({
      errorCode: int16,
      errorMessage: nullable(string),
      resourceType: int8,
      resourceName: string,
      configs: array({
        name: string,
        value: nullable(string),
        readOnly: boolean,
        /** v0; after that configSource says more. */
        isDefault: until(0, boolean),
        configSource: ignorable(since(1, int8, -1)),
        isSensitive: boolean,
        synonyms: ignorable(since(1, array({ name: string, value: nullable(string), source: int8 }))),
        configType: ignorable(since(3, int8)),
        documentation: ignorable(since(3, nullable(string))),
      }),
    }),
  },
})
