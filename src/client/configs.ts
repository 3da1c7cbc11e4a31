import { oneOf, type SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { AlterConfigs } from '../protocol/alter-configs.ts'
import type { ResponseOf } from '../protocol/api.ts'
import { DescribeConfigs } from '../protocol/describe-configs.ts'
import type { KafkaError } from '../protocol/errors.ts'
import { IncrementalAlterConfigs } from '../protocol/incremental-alter-configs.ts'
import { ListConfigResources } from '../protocol/list-config-resources.ts'
import type { CallsOf, Options } from './call.ts'
import type { Addressed, Caller } from './caller.ts'
import { ConfigOperation, ConfigResourceType, ConfigSource, type ConfigType, type OrName } from './constants.ts'
import { errorAbout } from './error-about.ts'
import { itemsOf, textsOf } from './nested.ts'

/** Settings of topics, brokers, groups and clients' metrics. Those of one broker are asked of that broker. */
export interface ConfigCalls {
  /** Settings, their values and where these come from. */
  describeConfigs(request: DescribeConfigsRequest, ...options: Options): Promise<DescribeConfigsResponse>
  /** Sets and resets single settings (KIP-339). */
  incrementalAlterConfigs(
    request: IncrementalAlterConfigsRequest,
    ...options: Options
  ): Promise<IncrementalAlterConfigsResponse>
  /**
   * Replaces all settings of resources: those not named go back to their defaults. `incrementalAlterConfigs` is the
   * better one.
   */
  alterConfigs(request: AlterConfigsRequest, ...options: Options): Promise<AlterConfigsResponse>
  /** What has settings of its own (KIP-1142); before Kafka 4.1 subscriptions to clients' metrics alone (KIP-714). */
  listConfigResources(request?: ListConfigResourcesRequest, ...options: Options): Promise<ListConfigResourcesResponse>
}

interface Resource {
  /** What kind of thing is meant. */
  resourceType: OrName<typeof ConfigResourceType>
  /** A topic's or group's name, a broker's id; '' for what all brokers have by default. */
  resourceName: string
}

/** What `describeConfigs` of a Client is asked. */
export interface DescribeConfigsRequest extends Addressed {
  /** What to tell the settings of. */
  resources: readonly DescribeConfigRequestResource[]
  /** Also what a setting would be if it were not set here (KIP-226). */
  includeSynonyms?: boolean
  /** KIP-569. */
  includeDocumentation?: boolean
}

/** A resource, and which of its settings are wanted. */
export interface DescribeConfigRequestResource extends Resource {
  /** Default: all. */
  configNames?: readonly string[]
}

const describeResourceFields: SettingKinds<DescribeConfigRequestResource> = {
  resourceType: 'any!',
  resourceName: 'string!',
  configNames: 'list',
}

/** What `describeConfigs` of a Client answers. */
export interface DescribeConfigsResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  /** In the order asked. */
  resources: DescribeConfigResponseResource[]
}

/** The settings of one resource. */
export interface DescribeConfigResponseResource {
  /** What kind of thing it is. */
  resourceType: ConfigResourceType
  /** Its name; a broker's id; '' for what all brokers have by default. */
  resourceName: string
  /** Why its settings are not there; null: they are. */
  error: KafkaError | null
  /** Its settings. */
  configEntries: DescribeConfigResponseConfigEntry[]
}

/** One setting. */
export interface DescribeConfigResponseConfigEntry {
  /** The setting's name, as 'retention.ms'. */
  configName: string
  /** null for secrets, and for what has no value. */
  configValue: string | null
  /** Whether it can't be changed while the broker runs. */
  readOnly: boolean
  /** Whether it is set nowhere. */
  isDefault: boolean
  /** Unknown before Kafka 1.1. */
  configSource: ConfigSource
  /** Whether it is a secret, whose value is not told. */
  isSensitive: boolean
  /** The values that apply, the present one first; none unless asked for. */
  configSynonyms: DescribeConfigResponseConfigSynonym[]
  /** Unknown before Kafka 2.6. */
  configType: ConfigType
  /** '' unless asked for. */
  configDocumentation: string
}

/** A value that the setting has somewhere, and where. */
export interface DescribeConfigResponseConfigSynonym {
  /** The name it has there: brokers' differ from topics'. */
  configName: string
  /** The value there; null for secrets. */
  configValue: string | null
  /** Where it is set. */
  configSource: ConfigSource
}

/** What `incrementalAlterConfigs` of a Client is asked. */
export interface IncrementalAlterConfigsRequest extends Addressed {
  /** What to change, resource by resource. */
  resources: readonly IncrementalAlterConfigsRequestResource[]
  /** True: check only, change nothing. */
  validateOnly?: boolean
}

/** The changes of one resource's settings; those that are not named stay. */
export interface IncrementalAlterConfigsRequestResource extends Resource {
  /** The changes. */
  configs: readonly IncrementalAlterConfigsRequestConfig[]
}

/** The change of one setting. */
export interface IncrementalAlterConfigsRequestConfig {
  /** The setting's name, as 'retention.ms'. */
  name: string
  /** Not looked at when it is reset. */
  value?: string
  /** Default: set. */
  configOperation?: OrName<typeof ConfigOperation>
}

const changeFields: SettingKinds<IncrementalAlterConfigsRequestConfig> = {
  name: 'string!',
  value: 'string',
  configOperation: 'any',
}

/** What `incrementalAlterConfigs` of a Client answers. */
export interface IncrementalAlterConfigsResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  /** In the order asked. */
  resources: IncrementalAlterConfigsResponseResource[]
}

/** What came of one resource: all of its changes were made, or none. */
export interface IncrementalAlterConfigsResponseResource {
  /** Why nothing was changed; null: all was. */
  error: KafkaError | null
  /** What kind of thing it is. */
  resourceType: ConfigResourceType
  /** Its name. */
  resourceName: string
}

/** What `alterConfigs` of a Client is asked. */
export interface AlterConfigsRequest extends Addressed {
  /** What to set, resource by resource. */
  resources: readonly AlterConfigRequestResource[]
  /** True: check only, change nothing. */
  validateOnly?: boolean
}

/** All of one resource's settings: those that are not named go back to their defaults. */
export interface AlterConfigRequestResource extends Resource {
  /** The settings. */
  configs: readonly AlterConfigRequestConfig[]
}

/** A setting and its value. */
export interface AlterConfigRequestConfig {
  /** The setting's name, as 'retention.ms'. */
  name: string
  /** The value, as text. */
  value: string
}

const valueFields: SettingKinds<AlterConfigRequestConfig> = { name: 'string!', value: 'string!' }

/** The fields are those of both kinds of change. */
const alterResourceFields: SettingKinds<AlterConfigRequestResource> &
  SettingKinds<IncrementalAlterConfigsRequestResource> = {
  resourceType: 'any!',
  resourceName: 'string!',
  configs: 'list!',
}

/** What `alterConfigs` of a Client answers. */
export interface AlterConfigsResponse {
  /** Milliseconds the slowest broker held its request back for. */
  throttle: number
  /** In the order asked. */
  errors: AlterConfigsResponseResource[]
}

/** What came of one resource. kafka-go has it as the key of a map, which objects can't be here. */
export interface AlterConfigsResponseResource {
  /** What kind of thing it is. */
  type: ConfigResourceType
  /** Its name. */
  name: string
  /** Why nothing was set; null: all was. */
  error: KafkaError | null
}

/** What `listConfigResources` of a Client is asked. */
export interface ListConfigResourcesRequest extends Addressed {
  /** Default: all. */
  resourceTypes?: readonly OrName<typeof ConfigResourceType>[]
}

/** What `listConfigResources` of a Client answers. */
export interface ListConfigResourcesResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** What has settings, of the kinds asked for. */
  resources: ConfigResource[]
}

/** Something that has settings. */
export interface ConfigResource {
  /** What kind of thing it is. */
  type: ConfigResourceType
  /** Its name. */
  name: string
}

export const configCalls: CallsOf<ConfigCalls> = {
  describeConfigs: {
    fields: { addr: 'any', resources: 'list!', includeSynonyms: 'boolean', includeDocumentation: 'boolean' },
    run: describeConfigs,
  },
  incrementalAlterConfigs: {
    fields: { addr: 'any', resources: 'list!', validateOnly: 'boolean' },
    run: incrementalAlterConfigs,
  },
  alterConfigs: { fields: { addr: 'any', resources: 'list!', validateOnly: 'boolean' }, run: alterConfigs },
  listConfigResources: { fields: { addr: 'any', resourceTypes: 'list' }, run: listConfigResources },
}

async function describeConfigs(
  caller: Caller,
  request: DescribeConfigsRequest,
  options: CallOptions,
): Promise<DescribeConfigsResponse> {
  const { includeSynonyms = false, includeDocumentation = false } = request
  const of = 'a resource of describeConfigs()'
  const resources = itemsOf(of, request.resources, describeResourceFields).map(resource => ({
    ...wireResource(resource),
    configurationKeys: resource.configNames ? textsOf('a name of configNames', resource.configNames) : null,
  }))
  const wire = { resources, includeSynonyms, includeDocumentation }
  const response = await caller.send(request, DescribeConfigs, wire, options)
  return {
    throttle: response.throttleTimeMs,
    resources: response.results.map(result => ({
      resourceType: result.resourceType as ConfigResourceType,
      resourceName: result.resourceName,
      error: errorOf(result),
      configEntries: result.configs.map(entryOf),
    })),
  }
}

async function incrementalAlterConfigs(
  caller: Caller,
  request: IncrementalAlterConfigsRequest,
  options: CallOptions,
): Promise<IncrementalAlterConfigsResponse> {
  const of = 'a resource of incrementalAlterConfigs()'
  const resources = itemsOf(of, request.resources, alterResourceFields).map(resource => ({
    ...wireResource(resource),
    configs: itemsOf(`a setting of ${resource.resourceName}`, resource.configs, changeFields).map(
      ({ name, value, configOperation = ConfigOperation.Set }) => ({
        name,
        value: value ?? null,
        configOperation: oneOf('configOperation', configOperation, ConfigOperation),
      }),
    ),
  }))
  const wire = { resources, validateOnly: request.validateOnly ?? false }
  const response = await caller.send(request, IncrementalAlterConfigs, wire, options)
  return {
    throttle: response.throttleTimeMs,
    resources: response.responses.map(result => ({
      error: errorOf(result),
      resourceType: result.resourceType as ConfigResourceType,
      resourceName: result.resourceName,
    })),
  }
}

async function alterConfigs(
  caller: Caller,
  request: AlterConfigsRequest,
  options: CallOptions,
): Promise<AlterConfigsResponse> {
  const resources = itemsOf('a resource of alterConfigs()', request.resources, alterResourceFields).map(resource => ({
    ...wireResource(resource),
    configs: itemsOf(`a setting of ${resource.resourceName}`, resource.configs, valueFields),
  }))
  const wire = { resources, validateOnly: request.validateOnly ?? false }
  const response = await caller.send(request, AlterConfigs, wire, options)
  return {
    throttle: response.throttleTimeMs,
    errors: response.responses.map(result => ({
      type: result.resourceType as ConfigResourceType,
      name: result.resourceName,
      error: errorOf(result),
    })),
  }
}

async function listConfigResources(
  caller: Caller,
  request: ListConfigResourcesRequest,
  options: CallOptions,
): Promise<ListConfigResourcesResponse> {
  const resourceTypes = (request.resourceTypes ?? []).map(each => oneOf('resourceTypes', each, ConfigResourceType))
  const response = await caller.send(request, ListConfigResources, { resourceTypes }, options)
  return {
    throttle: response.throttleTimeMs,
    error: errorAbout('resources with settings', response.errorCode),
    resources: response.configResources.map(({ resourceType, resourceName }) => ({
      type: resourceType as ConfigResourceType,
      name: resourceName,
    })),
  }
}

function wireResource({ resourceType, resourceName }: Resource) {
  return { resourceType: oneOf('resourceType', resourceType, ConfigResourceType), resourceName }
}

interface Result {
  readonly resourceType: number
  readonly resourceName: string
  readonly errorCode: number
  readonly errorMessage: string | null
}

function errorOf({ resourceType, resourceName, errorCode, errorMessage }: Result): KafkaError | null {
  const [kind = `resource of type ${resourceType}`] =
    Object.entries(ConfigResourceType).find(([, type]) => type === resourceType) ?? []
  return errorAbout(`${kind.toLowerCase()} ${resourceName}`, errorCode, errorMessage)
}

type WireEntry = ResponseOf<typeof DescribeConfigs>['results'][number]['configs'][number]

function entryOf(entry: WireEntry): DescribeConfigResponseConfigEntry {
  return {
    configName: entry.name,
    configValue: entry.value,
    readOnly: entry.readOnly,
    isDefault: entry.isDefault || entry.configSource === ConfigSource.Default,
    configSource: (entry.configSource < 0 ? ConfigSource.Unknown : entry.configSource) as ConfigSource,
    isSensitive: entry.isSensitive,
    configSynonyms: entry.synonyms.map(({ name, value, source }) => ({
      configName: name,
      configValue: value,
      configSource: source as ConfigSource,
    })),
    configType: entry.configType as ConfigType,
    configDocumentation: entry.documentation ?? '',
  }
}
