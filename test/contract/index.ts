import type { Suite } from './harness.ts'

/** Every room's contract suite, by room. */
export const suites: Readonly<Record<string, Suite>> = {}
