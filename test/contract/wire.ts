import { parseAddress } from '../../src/base/address.ts'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import type { AnyApi } from '../../src/protocol/api.ts'
import { ApiVersions } from '../../src/protocol/api-versions.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { apis } from '../../src/protocol/registry.ts'
import { defaultOf } from '../../src/schema/defaults.ts'
import { BrokerConnection } from '../../src/socket/connection.ts'
import type { ClusterUnderTest, Contract, Suite } from './harness.ts'

/**
 * A request that any broker answers, if only with an error code: everything at its default, but for what it would balk
 * at.
 */
function bareRequest(api: AnyApi, version: number): object {
  const request = defaultOf(api.request) as object
  switch (api.name) {
    case 'Produce':
      // With acks 0 there is no answer.
      return { ...request, acks: -1 }
    case 'ApiVersions':
      return { ...request, clientSoftwareName: 'isokafka', clientSoftwareVersion: '1' }
    case 'DescribeAcls':
      return {
        ...request,
        resourceTypeFilter: 1,
        patternTypeFilter: version === 0 ? 3 : 1,
        operation: 1,
        permissionType: 1,
      }
    case 'AddPartitionsToTxn': {
      // Kafka never answers about no transaction at all.
      const transaction = {
        transactionalId: 'none',
        producerId: 1n,
        producerEpoch: 0,
        topics: [{ name: 'none', partitions: [0] }],
      }
      return version < 4 ? request : { ...request, transactions: [transaction] }
    }
    case 'OffsetFetch':
      // Nor, before 4.0, about no group.
      return version < 8 ? request : { ...request, groups: [{ groupId: 'none', topics: [] }] }
    default:
      return request
  }
}

function versionsInCommon(
  api: AnyApi,
  offer: { minVersion: number; maxVersion: number },
  { version }: ClusterUnderTest,
): number[] {
  // 4.x offers Produce 0-2 and refuses them.
  const oldest = api === Produce && Number.parseInt(version, 10) >= 4 ? 3 : 0
  const first = Math.max(api.minVersion, offer.minVersion, oldest)
  return Array.from({ length: Math.min(api.maxVersion, offer.maxVersion) - first + 1 }, (_, at) => first + at)
}

async function everyApiAnswers({ assert, cluster, adapter }: Contract, signal: AbortSignal): Promise<void> {
  const config = {
    adapter,
    address: parseAddress(cluster.brokers[0]!),
    clientId: 'wire',
    lane: 'control',
    clock: systemClock,
  }
  const connect = (): Promise<BrokerConnection> =>
    BrokerConnection.open({ ...config, dialTimeout: 10_000, requestTimeout: 10_000, logger: silentLogger }, { signal })
  let connection = await connect()
  const { apiKeys } = await connection.request(ApiVersions, bareRequest(ApiVersions, 0))
  const unanswered: string[] = []
  let answered = 0
  for (const api of apis) {
    const offer = apiKeys.find(({ apiKey }) => apiKey === api.key)
    for (const version of offer === undefined ? [] : versionsInCommon(api, offer, cluster)) {
      try {
        await connection.request<AnyApi>(api, bareRequest(api, version) as never, { version, signal })
        answered++
      } catch (error) {
        unanswered.push(`${api.name} v${version}: ${String(error)}`)
        await connection.close()
        connection = await connect()
      }
    }
  }
  await connection.close()
  assert.deepEqual(unanswered, [])
  assert.ok(answered > 30, `${answered} answers`)
}

export const suite: Suite = contract => {
  contract.test(
    'every API the broker offers answers at every version both speak',
    ({ signal }) => everyApiAnswers(contract, signal),
    {
      timeoutMs: 120_000,
    },
  )
}
