import type { ACLOperationType } from './constants.ts'

/** What the one who asks may do (KIP-430), out of a bit field; null when it was not asked for. */
export function authorizedOperations(bits: number): ACLOperationType[] | null {
  if (bits === notAsked) return null
  const operations: number[] = []
  for (let operation = 0; operation < 32; operation++) if ((bits & (1 << operation)) !== 0) operations.push(operation)
  return operations as ACLOperationType[]
}

const notAsked = -2147483648
