import type { Scenario } from '../scenario.ts'
import { aclScenarios } from './acls.ts'
import { clientScenarios } from './client.ts'
import { configScenarios } from './configs.ts'
import { groupScenarios } from './groups.ts'
import { offsetScenarios } from './offsets.ts'
import { reassignmentScenarios } from './reassignments.ts'
import { topicScenarios } from './topics.ts'

export const adminScenarios: readonly Scenario[] = [
  ...clientScenarios,
  ...topicScenarios,
  ...offsetScenarios,
  ...groupScenarios,
  ...configScenarios,
  ...aclScenarios,
  ...reassignmentScenarios,
]
