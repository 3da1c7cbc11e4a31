import type { Scenario } from '../scenario.ts'

export const producerScenarios: readonly Scenario[] = []
