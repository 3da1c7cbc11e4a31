import { Kafka, logLevel } from '../../../adapters/kafkajs/index.ts'

/** A Worker that sends what it is posted, by kafkajs's names. */
export default {
  async fetch(request: Request): Promise<Response> {
    const { brokers, topic, count } = (await request.json()) as { brokers: string[]; topic: string; count: number }
    const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer()
    await producer.connect()
    const messages = Array.from({ length: count }, (_, i) => ({
      key: `${i}`,
      value: `message ${i}`,
      headers: { i: `${i}` },
    }))
    const sent = await producer.send({ topic, messages })
    await producer.disconnect()
    return Response.json(sent)
  },
}
