/** An offset and the epoch of the leader that wrote what lies before it (KIP-320); epoch −1: unknown. */
export interface LogOffset {
  readonly offset: number
  readonly leaderEpoch: number
}
