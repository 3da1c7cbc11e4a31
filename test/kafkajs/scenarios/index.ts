import { adminScenarios } from './admin/index.ts'
import { consumerScenarios } from './consumer/index.ts'
import { producerScenarios } from './producer/index.ts'
import type { Scenario } from './scenario.ts'

/** All that is compared. */
export const scenarios: readonly Scenario[] = [...producerScenarios, ...consumerScenarios, ...adminScenarios]
