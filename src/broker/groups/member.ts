import type { Clock } from '../../base/clock.ts'

export interface GroupProtocol {
  readonly name: string
  readonly metadata: Uint8Array
}

/** What a JoinGroup asks, its API version's meaning settled. */
export interface JoinRequest {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  readonly protocols: readonly GroupProtocol[]
  /** New members are first given an id, and then come again with it (KIP-394). */
  readonly requiresKnownId: boolean
  /** A leader may be told not to assign (KIP-814). */
  readonly canSkipAssignment: boolean
}

export interface JoinResult {
  readonly errorCode: number
  readonly memberId: string
  readonly generationId: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leader: string
  readonly skipAssignment: boolean
  readonly members: readonly { memberId: string; groupInstanceId: string | null; metadata: Uint8Array }[]
}

export interface SyncResult {
  readonly errorCode: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignment: Uint8Array
}

export const noBytes = new Uint8Array(0)

// What a member and each of its protocols take up besides their bytes.
const perMember = 500
const perProtocol = 64

/** Bytes that a member takes up that says this of itself. */
export function sizeOf({ clientId, instanceId, protocols }: JoinRequest): number {
  let size = perMember + 4 * clientId.length + 4 * (instanceId?.length ?? 0)
  for (const { name, metadata } of protocols) size += perProtocol + 2 * name.length + metadata.length
  return size
}

export function joinFailed(errorCode: number, memberId: string): JoinResult {
  return {
    errorCode,
    memberId,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    members: [],
  }
}

export function syncFailed(errorCode: number): SyncResult {
  return { errorCode, protocolType: null, protocolName: null, assignment: noBytes }
}

/** A member of a classic group. */
export class Member {
  id: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  sessionTimeoutMs!: number
  rebalanceTimeoutMs!: number
  protocols!: readonly GroupProtocol[]
  assignment: Uint8Array = noBytes
  /** Its first round of joining is not over: it is not expected to heartbeat yet. */
  isNew = true
  /** Bytes it takes up, its assignment aside. */
  size!: number
  /** Set while its JoinGroup or SyncGroup waits for an answer. */
  joining: ((result: JoinResult) => void) | undefined
  syncing: ((result: SyncResult) => void) | undefined
  #cancelTimer: () => void = () => {}

  constructor(id: string, request: JoinRequest) {
    this.id = id
    this.instanceId = request.instanceId
    this.clientId = request.clientId
    this.clientHost = request.clientHost
    this.update(request)
  }

  update(request: JoinRequest): void {
    this.protocols = request.protocols
    this.sessionTimeoutMs = request.sessionTimeoutMs
    this.rebalanceTimeoutMs = request.rebalanceTimeoutMs
    this.size = sizeOf(request)
  }

  /** Whether it still says the same. */
  matches(protocols: readonly GroupProtocol[]): boolean {
    return (
      protocols.length === this.protocols.length &&
      protocols.every(
        (each, i) => each.name === this.protocols[i]!.name && sameBytes(each.metadata, this.protocols[i]!.metadata),
      )
    )
  }

  metadataOf(protocol: string | null): Uint8Array {
    return this.protocols.find(({ name }) => name === protocol)?.metadata ?? noBytes
  }

  /** Starts the time anew within which it must be heard of. */
  expect(clock: Clock, milliseconds: number, missed: () => void): void {
    this.#cancelTimer()
    this.#cancelTimer = clock.after(milliseconds, missed)
  }

  forget(): void {
    this.#cancelTimer()
  }

  /** Answers a waiting JoinGroup, if there is one. */
  joined(result: JoinResult): void {
    const answer = this.joining
    this.joining = undefined
    answer?.(result)
  }

  /** Answers a waiting SyncGroup, if there is one. */
  synced(result: SyncResult): void {
    const answer = this.syncing
    this.syncing = undefined
    answer?.(result)
  }

  /** Answers whatever it waits for with an error. */
  answer(errorCode: number): void {
    this.joined(joinFailed(errorCode, this.id))
    this.synced(syncFailed(errorCode))
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
