import { range } from './range-assignor.ts'
import type { Assignor } from './readers.ts'
import { uniform } from './uniform-assignor.ts'

/** Those Kafka has, by the names it gives them. */
export const assignors: Readonly<Record<string, Assignor>> = { uniform, range }
