/** What the members of all groups take up, ids given out included. */
export interface Holdings {
  members: number
  /** Bytes of what they say of themselves and are assigned. */
  bytes: number
}
