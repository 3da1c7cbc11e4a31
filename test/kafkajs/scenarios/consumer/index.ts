import type { Scenario } from '../scenario.ts'
import { argumentScenarios } from './arguments.ts'
import { codecScenarios } from './codecs.ts'
import { failureScenarios } from './failures.ts'
import { groupScenarios } from './groups.ts'
import { messageScenarios } from './messages.ts'
import { offsetScenarios } from './offsets.ts'

export const consumerScenarios: readonly Scenario[] = [
  ...argumentScenarios,
  ...messageScenarios,
  ...offsetScenarios,
  ...codecScenarios,
  ...failureScenarios,
  ...groupScenarios,
]
