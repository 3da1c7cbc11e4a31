import { astray, inconsistentOffsets, shared, skips, unseen } from './delivery.ts'
import type { Judge } from './judge.ts'
import { duplicates, lostWrites, order, phantoms, unsettled } from './log.ts'
import { evictions, needless, storms } from './manners.ts'
import { late } from './promises.ts'
import { exactlyOnce, torn } from './transactions.ts'

export const judges: readonly Judge[] = [
  lostWrites,
  duplicates,
  phantoms,
  order,
  unsettled,
  inconsistentOffsets,
  unseen,
  skips,
  astray,
  shared,
  late,
  storms,
  evictions,
  needless,
  torn,
  exactlyOnce,
]
