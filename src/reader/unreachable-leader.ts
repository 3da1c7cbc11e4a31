import { ConnectionError, messageOf, NoConnectionLeftError, TimeoutError } from '../base/errors.ts'

/** The error of a leader that can't be reached, which says where its address comes from. Others stay as they are. */
export function unreachableLeader(error: unknown, broker: number, partition: string): unknown {
  if (error instanceof NoConnectionLeftError || !(error instanceof ConnectionError || error instanceof TimeoutError))
    return error
  const [, address = '', text = messageOf(error)] = /^(\S+): (.*)$/s.exec(messageOf(error)) ?? []
  const where = error instanceof ConnectionError ? error.broker : address
  const message = `broker ${broker}, which leads ${partition}, can't be reached at the address the cluster advertises for it: ${text}`
  return new ConnectionError(where, message, { cause: error })
}
