import type { RequestOf, ResponseInput } from '../../protocol/api.ts'
import { DescribeConfigs } from '../../protocol/describe-configs.ts'
import { Operation } from '../access/operations.ts'
import { resourceOf } from '../configs/resources.ts'
import { type Handler, handler, type RequestContext } from '../handler.ts'
import { andThen } from '../turns.ts'

type Asked = RequestOf<typeof DescribeConfigs>['resources'][number]
type Answer = ResponseInput<typeof DescribeConfigs>['results'][number]

export const describeConfigs: Handler = handler(DescribeConfigs, [1, 4], ({ resources, includeSynonyms }, context) =>
  andThen(
    context.cluster.turns.map(resources, resource => describe(resource, includeSynonyms, context)),
    results => ({ results }),
  ),
)

function describe(
  { resourceType, resourceName, configurationKeys }: Asked,
  includeSynonyms: boolean,
  context: RequestContext,
): Answer {
  const found = resourceOf(resourceType, resourceName, Operation.describeConfigs, context)
  if ('errorCode' in found) return { ...found, resourceType, resourceName, configs: [] }
  // No keys are all keys, as in Kafka.
  const configs = found
    .describe(configurationKeys?.length === 0 ? null : configurationKeys)
    .map(({ name, value, source, type, isSensitive, synonyms }) => ({
      name,
      value,
      readOnly: found.isReadOnly(name),
      configSource: source,
      isSensitive,
      synonyms: includeSynonyms ? synonyms : [],
      configType: type,
      documentation: null,
    }))
  context.room.take(configs.length)
  context.cluster.turns.spend(configs.length / 4)
  return { errorCode: 0, errorMessage: '', resourceType, resourceName, configs }
}
