import { adminScenarios } from '../scenarios/admin/index.ts'
import { embeddedTranscripts } from '../scenarios/embedded.ts'

embeddedTranscripts(adminScenarios)
