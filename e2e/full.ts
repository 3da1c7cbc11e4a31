import { full } from '../test/support/effort.ts'

export { full }

/** The Kafkas that what may differ between them is tested on. */
export const versions: readonly string[] = full ? ['4.4.0', '3.9.2', '2.8.2'] : ['4.4.0']
