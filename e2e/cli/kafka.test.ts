import { describe } from 'vitest'
import { stageOf } from '../../test/cli/stage.ts'
import { administration } from '../../test/cli/suites/administration.ts'
import { bench } from '../../test/cli/suites/bench.ts'
import { copying } from '../../test/cli/suites/copying.ts'
import { records } from '../../test/cli/suites/records.ts'
import { topicsAndGroups } from '../../test/cli/suites/topics-groups.ts'
import { verifiableConsumer } from '../../test/cli/suites/verifiable-consumer.ts'
import { verifiableProducer } from '../../test/cli/suites/verifiable-producer.ts'
import { unless } from '../../test/support/left-out.ts'
import { noKafka } from '../shared.ts'
import { kafkaCluster } from './cluster.ts'

// Each command and option as on the embedded broker, test/cli.
describe('the command line at Kafka', unless(noKafka), () => {
  const stage = stageOf(kafkaCluster)
  administration(stage)
  topicsAndGroups(stage)
  records(stage)
  copying(stage)
  verifiableProducer(stage)
  verifiableConsumer(stage)
  bench(stage)
})
