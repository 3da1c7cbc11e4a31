import { consumerScenarios } from '../scenarios/consumer/index.ts'
import { embeddedTranscripts } from '../scenarios/embedded.ts'

embeddedTranscripts(consumerScenarios)
