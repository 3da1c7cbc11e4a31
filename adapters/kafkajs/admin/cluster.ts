import type { Client } from '../../../src/client/client.ts'
import type { Broker } from '../../../src/transport/layout.ts'
import type { Retrier } from '../retry.ts'
import type { Logger } from '../types/common.ts'

/** What each of an admin's calls goes by. */
export interface AdminCluster {
  readonly logger: Logger
  readonly retrier: Retrier
  /** Calls the Client, which is there even before `connect()`; what it throws is kafkajs's. */
  ask<T>(call: (client: Client) => Promise<T>): Promise<T>
}

/**
 * Does something at the controller: again where that has moved on, or the error is of one of `more` types, and says so
 * as `complaint`.
 */
export function atController<T>(
  { logger, retrier }: AdminCluster,
  complaint: string,
  attempt: (retryCount: number, retryTime: number) => Promise<T>,
  more: readonly string[] = [],
): Promise<T> {
  return retrier<T>(async (bail, retryCount, retryTime) => {
    try {
      return await attempt(retryCount, retryTime)
    } catch (error) {
      const { type, message } = error as Partial<Error & { type: string }>
      if (type === 'NOT_CONTROLLER' || more.includes(type as string)) {
        logger.warn(complaint, { error: message, retryCount, retryTime })
        throw error
      }
      bail(error)
      return undefined as never
    }
  })
}

export async function describeCluster({ ask }: AdminCluster) {
  const { brokers, controller, clusterId } = await ask(client => client.metadata({ topics: [] }))
  return {
    brokers: brokers.map(({ id, host, port }: Broker) => ({ nodeId: id, host, port })),
    controller: controller.id < 0 ? null : controller.id,
    clusterId,
  }
}
