// A real Apache Kafka on this machine, for tests and the bench. Free of any test runner, and of syntax that type
// stripping can't remove.
export type { Authority } from './authority.ts'
export { type KafkaCluster, type KafkaNode, type KafkaOptions, startKafka } from './cluster.ts'
export { defaultVersion, kafkaJars, toolJars, whatIsMissing } from './install.ts'
export { Jar, messageDefinitions } from './jar.ts'
export { freePorts } from './ports.ts'
export { brokersSeenBy, givenBrokers } from './probe.ts'
export { shortLived } from './process.ts'
export { credentials, type Listener, type SecureListener } from './properties.ts'
export { askForShared, contractConfig } from './sharing.ts'
