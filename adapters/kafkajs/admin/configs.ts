import { ConfigResourceTypes } from '../constants.ts'
import { KafkaJSBrokerNotFound } from '../errors.ts'
import { kafkaJSError } from '../translate.ts'
import type { Admin } from '../types/admin.ts'
import { type AdminCluster, atController } from './cluster.ts'
import { refuse } from './refuse.ts'

interface Resource {
  readonly type: ConfigResourceTypes
  readonly name: string
}

export async function describeConfigs(
  cluster: AdminCluster,
  { resources, includeSynonyms }: Parameters<Admin['describeConfigs']>[0],
): ReturnType<Admin['describeConfigs']> {
  checkResources(resources)
  const odd = resources.find(({ configNames }) => !Array.isArray(configNames) && (configNames ?? null) !== null)
  if (odd) refuse(`Invalid resource configNames ${odd.configNames}: ${JSON.stringify(odd)}`)
  const asked = resources.map(({ type, name, configNames }) => ({
    resourceType: type as never,
    resourceName: name,
    ...(configNames?.length && { configNames }),
  }))
  return atController(cluster, 'Could not describe configs', async () => {
    await refuseStrangers(cluster, resources)
    const answer = await cluster.ask(client =>
      client.describeConfigs({ resources: asked, includeSynonyms: Boolean(includeSynonyms) }),
    )
    throwFirst(answer.resources)
    return {
      resources: answer.resources.map(({ resourceType, resourceName, configEntries }) => ({
        ...result(resourceType, resourceName),
        // Brokers have an empty one where there is no error, and none in answers to alterConfigs.
        errorMessage: '',
        configEntries: configEntries.map(({ configType: _, configDocumentation: __, ...entry }) => entry),
      })),
    } as unknown as Awaited<ReturnType<Admin['describeConfigs']>>
  })
}

export async function alterConfigs(
  cluster: AdminCluster,
  { resources, validateOnly }: Parameters<Admin['alterConfigs']>[0],
): ReturnType<Admin['alterConfigs']> {
  checkResources(resources)
  const odd = resources.find(({ configEntries }) => !Array.isArray(configEntries))
  if (odd) refuse(`Invalid resource configEntries ${odd.configEntries}: ${JSON.stringify(odd)}`)
  const unset = resources.find(({ configEntries }) =>
    configEntries.some(({ name, value }) => typeof name !== 'string' || typeof value !== 'string'),
  )
  if (unset) refuse(`Invalid resource config value: ${JSON.stringify(unset)}`)
  const asked = resources.map(({ type, name, configEntries }) => ({
    resourceType: type as never,
    resourceName: name,
    configs: configEntries.map(({ name, value }) => ({ name, value })),
  }))
  return atController(cluster, 'Could not alter configs', async () => {
    await refuseStrangers(cluster, resources)
    const { errors } = await cluster.ask(client =>
      client.alterConfigs({ resources: asked, validateOnly: Boolean(validateOnly) }),
    )
    throwFirst(errors)
    return { resources: errors.map(({ type, name }) => result(type, name)) }
  })
}

function checkResources(resources: readonly Resource[]): void {
  if (!resources || !Array.isArray(resources)) refuse(`Invalid resources array ${resources}`)
  if (resources.length === 0) refuse('Resources array cannot be empty')
  const types: readonly unknown[] = Object.values(ConfigResourceTypes)
  const strange = resources.find(({ type }) => !types.includes(type))
  if (strange) refuse(`Invalid resource type ${strange.type}: ${JSON.stringify(strange)}`)
  const nameless = resources.find(({ name }) => !name || typeof name !== 'string')
  if (nameless) refuse(`Invalid resource name ${nameless.name}: ${JSON.stringify(nameless)}`)
}

/** A broker's own settings are asked of that broker, which has to be there. */
async function refuseStrangers({ ask }: AdminCluster, resources: readonly Resource[]): Promise<void> {
  const ofBrokers = resources.filter(
    ({ type }) => type === ConfigResourceTypes.BROKER || type === ConfigResourceTypes.BROKER_LOGGER,
  )
  if (ofBrokers.length === 0) return
  const { brokers } = await ask(client => client.metadata({ topics: [] }))
  const stranger = ofBrokers.find(({ name }) => brokers.every(({ id }) => String(id) !== name))
  if (stranger) throw new KafkaJSBrokerNotFound(`Broker ${stranger.name} not found in the cached metadata`)
}

function throwFirst(results: readonly { readonly error: Error | null }[]): void {
  const failed = results.find(({ error }) => error !== null)?.error
  if (failed) throw kafkaJSError(failed)
}

function result(resourceType: number, resourceName: string) {
  return { errorCode: 0, errorMessage: null, resourceType, resourceName }
}
