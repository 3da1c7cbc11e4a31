// What a heartbeat says by its member epoch, besides the epoch itself.

/** Joins, or begins anew. */
export const joinEpoch = 0

/** Leaves for good. */
export const leaveEpoch = -1

/** Leaves for a while (KIP-345): the epoch of a static member that is expected back. */
export const awayEpoch = -2
