import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import * as ours from '../../../adapters/kafkajs/index.ts'
import type { Lack } from '../../support/left-out.ts'

/** What either library exports, by our types: kafkajs's own are the same where users see them. */
export type Library = typeof ours

const bench = join(import.meta.dirname, '..', '..', '..', 'bench', 'node_modules')

/** Why there is nothing to compare with; null when there is. It lives in bench's folder, never among our dependencies. */
export const noKafkajs: Lack | null = existsSync(join(bench, 'kafkajs'))
  ? null
  : { why: 'kafkajs is not installed', command: 'npm ci --prefix bench' }

/** kafkajs itself, and ours. */
export function libraries(): { theirs: Library; ours: Library } {
  return { theirs: createRequire(join(bench, 'x'))('kafkajs') as Library, ours }
}
