/** Why an upgrade is refused, as the bridge's metrics name it. */
export type RefusalReason =
  | 'stopping'
  | 'gone'
  | 'failed'
  | 'rate'
  | 'connections'
  | 'memory'
  | 'request'
  | 'origin'
  | 'target'
  | 'token'
  | 'address'
  | 'broker-unreachable'
  | 'broker-timeout'
  | 'broker-credentials'

/** An upgrade the bridge does not grant: an HTTP status and a sentence that gives nothing away. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly reason: RefusalReason

  constructor(status: number, reason: RefusalReason, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.status = status
    this.reason = reason
  }
}
