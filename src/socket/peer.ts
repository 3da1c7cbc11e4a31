import { ConnectionError } from '../base/errors.ts'
import { ErrorCode, hasCode, KafkaError } from '../protocol/errors.ts'

/** Whom a connection is meant for, as far as that is known. */
export interface Peer {
  readonly clusterId: string
  /** −1: any broker of the cluster. */
  readonly nodeId: number
  /** Heard of just now: a broker that can't check it itself need not be asked for its cluster. */
  readonly isNews: boolean
}

/** Another broker listens here, or one of another cluster. Metadata, asked anew, may know better. */
export function strangerError(
  broker: string,
  { clusterId, nodeId }: Pick<Peer, 'clusterId' | 'nodeId'>,
  found?: string,
): ConnectionError {
  const meant = nodeId < 0 ? `cluster ${clusterId}` : `broker ${nodeId} of cluster ${clusterId}`
  const is = found === undefined ? `is not ${meant}` : `belongs to cluster ${found}, not to ${meant}`
  const hint = 'if the cluster was replaced on purpose, make a new Transport'
  return new ConnectionError(broker, `what listens here ${is}, and nothing was sent to it; ${hint}`, {
    cause: new KafkaError(ErrorCode.RebootstrapRequired),
  })
}

export function isStrangerError(error: unknown): boolean {
  return error instanceof ConnectionError && hasCode(error.cause, ErrorCode.RebootstrapRequired)
}
