import { Client, type ProducerSession, Transport } from '../../src/index.ts'
import { Produce } from '../../src/protocol/produce.ts'
import { BatchBuilder } from '../../src/records/batch-builder.ts'

/**
 * Writes a record of a transaction that its coordinator knows nothing of, so that it never ends by itself, to partition
 * 0. By a version of Produce of before KIP-890, and for brokers that don't ask the coordinator
 * (`transaction.partition.verification.enable`) or don't know how to.
 */
export async function hang(
  brokers: readonly string[],
  topic: string,
  transactionalId: string,
): Promise<ProducerSession> {
  await using transport = new Transport()
  const client = new Client({ addr: brokers, transport })
  const { producer, error } = await client.initProducerId({ transactionalId })
  if (error !== null) throw error
  const builder = new BatchBuilder()
  builder.append(null, 'hanging', null, Date.now())
  const records = builder.finish({ ...producer!, baseSequence: 0, transactional: true })
  const cluster = transport.cluster(brokers)
  const { partitions } = await cluster.topic(topic)
  const connection = await cluster.connection(partitions[0]!.leader, 'produce')
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
  const request = { transactionalId, acks: -1, timeoutMs: 5_000, topicData }
  const { responses } = await connection.request(Produce, request, {
    version: Math.min(11, connection.version(Produce)),
  })
  const { errorCode } = responses[0]!.partitionResponses[0]!
  if (errorCode !== 0) throw new Error(`not written: ${errorCode}`)
  return producer!
}
