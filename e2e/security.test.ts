import { describe } from 'vitest'
import { unless } from '../test/support/left-out.ts'
import { secured } from '../test/support/secured.ts'
import { versions } from './full.ts'
import { securedKafka } from './secured-kafka.ts'
import { noKafka } from './shared.ts'

// 2.8 takes keys in PEM only encrypted, and these are not.
describe.each(versions.filter(version => version !== '2.8.2'))('a secured Kafka %s', unless(noKafka), version =>
  secured(() => securedKafka(version)),
)
