import type { Scenario } from '../scenario.ts'

export const adminScenarios: readonly Scenario[] = []
