import { isTemporary } from '../../base/errors.ts'
import type { CallOptions } from '../../base/signals.ts'
import { ErrorCode, hasCode } from '../../protocol/errors.ts'
import { ClassicProtocol } from '../classic/classic-protocol.ts'
import type { CommitIdentity, Division, GroupChanges, GroupProtocol, LeaveOptions } from '../group-protocol.ts'
import { JoiningPatience } from '../joining-patience.ts'
import { ConsumerProtocol, type ConsumerProtocolParts, isUnsupported } from './consumer-protocol.ts'

/** The level of `group.version` from which on a cluster has consumer groups (Kafka 4.0). */
const firstLevel = 1

/**
 * The consumer protocol where the cluster has it, else the classic one: decided once, when the member joins. Where brokers
 * won't turn a classic group that has members into a consumer group, that group's.
 */
export class AutoProtocol implements GroupProtocol {
  readonly #parts: ConsumerProtocolParts
  readonly #classic: ClassicProtocol
  #chosen: GroupProtocol

  constructor(parts: ConsumerProtocolParts) {
    this.#parts = parts
    this.#chosen = this.#classic = new ClassicProtocol(parts)
  }

  identity(): CommitIdentity {
    return this.#chosen.identity()
  }

  division(): Division {
    return this.#chosen.division()
  }

  rejoin(cause: unknown): void {
    this.#chosen.rejoin(cause)
  }

  pulse(): void {
    this.#chosen.pulse()
  }

  renewed(options: CallOptions): Promise<void> {
    return this.#chosen.renewed(options)
  }

  leave(reason: string, options?: LeaveOptions): Promise<void> {
    return this.#chosen.leave(reason, options)
  }

  async run(changes: GroupChanges, { signal }: { signal: AbortSignal }): Promise<void> {
    if (await this.#isOffered(changes, signal)) {
      const consumer = new ConsumerProtocol(this.#parts, isUnwelcome)
      this.#chosen = consumer
      try {
        return await consumer.run(changes, { signal })
      } catch (error) {
        if (!isUnwelcome(error)) throw error
        this.#chosen = this.#classic
      }
    }
    await this.#classic.run(changes, { signal })
  }

  async #isOffered(changes: GroupChanges, signal: AbortSignal): Promise<boolean> {
    const { coordinator, membership, clock, cluster } = this.#parts
    const patience = new JoiningPatience(clock, membership, cluster)
    while (!signal.aborted) {
      try {
        const features = await coordinator.persist(() => coordinator.features({ signal }), {
          signal,
          withinMs: membership.timeout,
        })
        return (features.get('group.version') ?? 0) >= firstLevel
      } catch (error) {
        if (signal.aborted) break
        // The classic protocol has its own ways with what does not pass.
        if (!isTemporary(error)) return false
        if (clock.monotonic() < patience.until(error)) continue
        changes.failed(error)
        patience.told()
      }
    }
    return false
  }
}

function isUnwelcome(error: unknown): boolean {
  return isUnsupported(error) || hasCode(error, ErrorCode.GroupIdNotFound)
}
