import { ConfigError } from '../base/errors.ts'
import { given } from '../base/settings.ts'
import { saslOf } from './access/sasl-config.ts'
import { type BrokerConfig, type BrokerTopic, brokerSettings, topicSettings } from './config.ts'
import { invalidValue } from './configs/configs.ts'
import { brokerDefinitions, type ConfigDefinition, topicConfigs } from './configs/definitions.ts'
import { limitSettings } from './limits.ts'
import { CollidingNames, invalidTopicName } from './topics/names.ts'

/**
 * Partitions one request, or one topic of the start, may add: Kafka's bound. Each costs memory, and is a word for a
 * client to ask for.
 */
export const mostPartitions = 10_000

/** A ConfigError for what no broker could start with. */
export function checkConfig(config: BrokerConfig): void {
  const {
    brokers = 1,
    numPartitions,
    retentionBytes = -1,
    maxBytes = 1,
    topics = [],
    configs = {},
    limits = {},
    users,
    sasl,
    authorizer,
    superUsers,
  } = given('a Broker', config, brokerSettings)
  checkWhole('brokers', brokers)
  checkWhole('numPartitions', numPartitions, mostPartitions)
  if (!(maxBytes > 0)) throw new ConfigError(`Broker: maxBytes must be a number above 0, not ${maxBytes}`)
  for (const [name, value] of Object.entries(given('limits of a Broker', limits, limitSettings)))
    if (!(value >= 1)) throw new ConfigError(`Broker: limits.${name} must be a number from 1 up, not ${value}`)
  saslOf(users, sasl)
  if (authorizer === false && superUsers !== undefined)
    throw new ConfigError('Broker: superUsers go with an authorizer, and it is false')
  for (const each of superUsers ?? [])
    if (typeof each !== 'string' || !/^[^:]+:./.test(each))
      throw new ConfigError(`Broker: superUsers: '${each}' is no principal, as User:admin is`)
  checkValues(brokerDefinitions(), { 'log.retention.bytes': String(retentionBytes), ...configs })
  const names = new Set<string>()
  const colliding = new CollidingNames()
  for (const topic of topics) {
    checkTopic(topic, brokers)
    const { name } = topic
    if (names.has(name)) throw new ConfigError(`Broker: the topic ${name} is there twice`)
    const other = colliding.collidingWith(name)
    if (other !== undefined) throw new ConfigError(`Broker: the topics ${other} and ${name} differ in . and _ alone`)
    names.add(name)
    colliding.add(name)
  }
}

function checkTopic(topic: BrokerTopic, brokers: number): void {
  const { name, partitions, replicationFactor, configs = {} } = given('a topic of a Broker', topic, topicSettings)
  const invalid = invalidTopicName(name)
  if (invalid !== undefined) throw new ConfigError(`Broker: ${invalid}`)
  checkWhole(`partitions of ${name}`, partitions, mostPartitions)
  checkWhole(`replicationFactor of ${name}`, replicationFactor, brokers)
  checkValues(topicConfigs, configs)
}

function checkWhole(name: string, value: number | undefined, most = Number.MAX_SAFE_INTEGER): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 1 && value <= most)) return
  const upTo = most === Number.MAX_SAFE_INTEGER ? 'from 1 up' : `from 1 to ${most}`
  throw new ConfigError(`Broker: ${name} must be a whole number ${upTo}, not ${value}`)
}

function checkValues(definitions: readonly ConfigDefinition[], configs: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(configs)) {
    const definition = definitions.find(each => each.name === name)
    const invalid = definition === undefined ? `there is no config ${name}` : invalidValue(definition, value)
    if (invalid !== undefined) throw new ConfigError(`Broker: ${invalid}`)
  }
}
