import type { Scenario } from '../scenario.ts'

export const consumerScenarios: readonly Scenario[] = []
