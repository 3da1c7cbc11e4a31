import { clientCalls } from './clients.ts'
import * as groups from './groups.ts'
import * as readers from './readers.ts'
import { copyingGroup, transactionalWriter } from './transactions.ts'
import type { Workload } from './workload.ts'
import * as writers from './writers.ts'

/** All there are, by name. */
export const workloads: ReadonlyMap<string, Workload> = new Map(
  [
    writers.idempotentWriter,
    writers.plainWriter,
    writers.leaderWriter,
    readers.steadyReader,
    readers.restlessReader,
    groups.steadyGroup,
    groups.restlessGroup,
    groups.slowGroup,
    groups.loneMember,
    clientCalls,
    transactionalWriter,
    copyingGroup,
  ].map(workload => [workload.name, workload]),
)
