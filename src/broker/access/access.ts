import type { Asker, Authorizer } from './authorizer.ts'
import { clusterName, denials, operationsOn, ResourceType } from './operations.ts'

/** What a request's client may do; nothing is asked where nobody decides. */
export interface Accessible {
  readonly access: Access | undefined
}

/** What one client may do. */
export class Access {
  readonly #authorizer: Authorizer
  readonly #asker: Asker

  constructor(authorizer: Authorizer, asker: Asker) {
    this.#authorizer = authorizer
    this.#asker = asker
  }

  allows(operation: number, type: number, name: string): boolean {
    return this.#authorizer.allows(this.#asker, operation, type, name)
  }

  allowsSome(operation: number, type: number): boolean {
    return this.#authorizer.allowsSome(this.#asker, operation, type)
  }
}

/** The error code of what the client may not do; 0 when it may. */
export function denied({ access }: Accessible, operation: number, type: number, name: string): number {
  return access === undefined || access.allows(operation, type, name) ? 0 : denials[type]!
}

export function deniedTopic(context: Accessible, operation: number, name: string): number {
  return denied(context, operation, ResourceType.topic, name)
}

export function deniedGroup(context: Accessible, operation: number, groupId: string): number {
  return denied(context, operation, ResourceType.group, groupId)
}

export function deniedTransactionalId(context: Accessible, operation: number, id: string): number {
  return denied(context, operation, ResourceType.transactionalId, id)
}

export function deniedCluster(context: Accessible, operation: number): number {
  return denied(context, operation, ResourceType.cluster, clusterName)
}

/** All that the client may do with a resource, in Kafka's bits (KIP-430). */
export function authorizedOperations({ access }: Accessible, type: keyof typeof operationsOn, name: string): number {
  let bits = 0
  for (const operation of operationsOn[type])
    if (access === undefined || access.allows(operation, type, name)) bits |= 1 << operation
  return bits
}
