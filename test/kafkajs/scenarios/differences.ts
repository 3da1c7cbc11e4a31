/** Where ours is known to differ, and why: by scenario, then by the place in its transcript, what is below included. */
export const differences: Readonly<Record<string, Readonly<Record<string, Difference>>>> = {
  // Producer

  // Consumer

  // Admin
}

export interface Difference {
  readonly reason: string
  /** Where it occurs; on both by default. */
  readonly on?: 'embedded' | 'kafka'
}
