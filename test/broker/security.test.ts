import { describe } from 'vitest'
import { embeddedSecured, secured } from '../support/secured.ts'

// What e2e/security.test.ts has a real Kafka take and refuse, and e2e/runtimes in other runtimes.
describe('the embedded broker', () => secured(embeddedSecured))
