import type { Scenario } from '../scenario.ts'
import { clientScenarios } from './client.ts'
import { codecScenarios } from './codecs.ts'
import { sendScenarios } from './send.ts'
import { transactionScenarios } from './transactions.ts'

export const producerScenarios: readonly Scenario[] = [
  ...clientScenarios,
  ...sendScenarios,
  ...codecScenarios,
  ...transactionScenarios,
]
