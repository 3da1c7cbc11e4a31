// What two clusters can't have in common, or needn't: where they are, how they word things, when they did it.
const masked = new Set([
  'throttleTimeMs',
  'host',
  'port',
  'rack',
  'clusterId',
  'errorMessage',
  'clientHost',
  'documentation',
  'leaderEpoch',
  'committedLeaderEpoch',
  'logAppendTimeMs',
  'lastTimestamp',
  'coordinatorEpoch',
  'sessionId',
  'batchIndexErrorMessage',
])
// Ids each broker chooses: the first one seen is 1, and so on.
const numbered = /^(producerId|memberId|leader|topicId)$/

// Lists whose order means nothing. (That of a Fetch's partitions does: all are to have their turn.)
const unordered = new Set([
  'topics',
  'groups',
  'results',
  'members',
  'partitions',
  'partitionResponses',
  'resultsByPartition',
  'credentialInfos',
  'resources',
  'acls',
  'entries',
  'entity',
  'values',
  'matchingAcls',
  'resultsByTopicV3AndBelow',
  'topicPartitions',
  'subscribedTopicNames',
])

// Configs whose values are not Kafka's here, or a new cluster sets for itself.
const theirOwn = new Set(['min.insync.replicas', 'retention.bytes', 'max.decompressed.message.bytes'])

function text(value: unknown): string {
  return JSON.stringify(value)
}

function nameOf(value: unknown): string {
  const { name, groupId, memberId, topicId, partitionIndex, index, user } = value as Record<string, unknown>
  return String(name ?? groupId ?? memberId ?? topicId ?? partitionIndex ?? index ?? user ?? text(value))
}

/** Where an access rule is for is no place of a broker's. */
function isRule(field: string, value: object): boolean {
  return field === 'host' && 'principal' in value
}

/** Puts answers into a form in which two brokers that behave alike say the same. */
export class Normaliser {
  readonly #seen = new Map<unknown, string>()

  normal(value: unknown, key = ''): unknown {
    if (value instanceof Uint8Array) return key === 'records' ? `${value.length} bytes` : [...value].join(' ')
    if (key === 'configs' && Array.isArray(value)) return this.#configs(value)
    if (Array.isArray(value)) {
      const all = value.map(each => this.normal(each, key))
      if (unordered.has(key)) return all.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
      // DeleteTopics' answers are called as a Fetch's.
      const isFetch = value.every(each => typeof each === 'object' && 'partitions' in each)
      return key === 'responses' && !isFetch ? all.sort((a, b) => (text(a) < text(b) ? -1 : 1)) : all
    }
    if (
      numbered.test(key) &&
      value !== -1n &&
      value !== -1 &&
      value !== '' &&
      value !== null &&
      value !== 'AAAAAAAAAAAAAAAAAAAAAA'
    )
      return this.#number(key, value)
    if (key === 'transactionStartTimeMs') return Number(value) > 0 ? 'a time' : value
    if (typeof value === 'bigint') return String(value)
    if (typeof value !== 'object' || value === null) return value
    // A Fetch answer.
    if (key === 'responses' && 'partitions' in value)
      return {
        ...this.#fields(value, ['partitions', 'resultsByPartition']),
        partitions: (value.partitions as unknown[]).map(each => this.normal(each)),
      }
    return this.#fields(value)
  }

  #fields(value: object, without: readonly string[] = []): object {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => (!masked.has(name) || isRule(name, value)) && !without.includes(name))
        .map(([name, each]) => [name, this.normal(each, name)]),
    )
  }

  /** In no order of Kafka's. */
  #configs(configs: readonly { name: string }[]): unknown[] {
    return configs
      .filter(({ name }) => !theirOwn.has(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(each => this.normal(each))
  }

  #number(key: string, value: unknown): string {
    const kind = key === 'leader' ? 'memberId' : key
    const name = this.#seen.get(value) ?? `${kind} ${this.#seen.size + 1}`
    this.#seen.set(value, name)
    return name
  }
}
