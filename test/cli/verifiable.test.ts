import { embeddedCluster, stageOf } from './stage.ts'
import { verifiableConsumer } from './suites/verifiable-consumer.ts'
import { verifiableProducer } from './suites/verifiable-producer.ts'

const stage = stageOf(() => embeddedCluster(1))
verifiableProducer(stage)
verifiableConsumer(stage)
