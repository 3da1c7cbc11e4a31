import type { CliCluster } from '../../test/cli/stage.ts'
import { startKafka } from '../kafka/index.ts'

/** A real Kafka of one node that checks who may do what, and that no other file uses. */
export async function kafkaCluster(): Promise<CliCluster> {
  const { brokers, nodes, stop } = await startKafka({
    listeners: ['SASL'],
    config: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS;User:carol',
      'auto.create.topics.enable': false,
      'group.consumer.min.heartbeat.interval.ms': 100,
      'group.consumer.heartbeat.interval.ms': 200,
    },
  })
  return { nodes: 1, addr: brokers.join(), guarded: nodes[0]!.addressOf('SASL'), stop }
}
