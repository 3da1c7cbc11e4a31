import { embeddedTranscripts } from '../scenarios/embedded.ts'
import { producerScenarios } from '../scenarios/producer/index.ts'

embeddedTranscripts(producerScenarios)
