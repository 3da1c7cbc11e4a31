// A Worker that writes to Kafka: each POST is a message, and each batch of a Cloudflare queue is one write.
//   npx wrangler dev
//   curl --data '{"id": 7}' http://localhost:8787/customer-1
import { type MessageInput, Writer } from 'isokafka'

interface Env {
  /** host:port,host:port… */
  readonly KAFKA_BROKERS: string
  readonly KAFKA_TOPIC: string
}

export default {
  async fetch(request, env) {
    if (request.method !== 'POST') return new Response('POST a message\n', { status: 405, headers: { allow: 'POST' } })
    // The path is the key: messages of one key stay in order.
    const key = new URL(request.url).pathname.slice(1)
    try {
      await write(env, [{ key, value: new Uint8Array(await request.arrayBuffer()) }])
    } catch (error) {
      console.error(error)
      return new Response('not written; try again\n', { status: 503 })
    }
    return new Response('written\n', { status: 201 })
  },

  // When this throws, the queue delivers the batch again: a message may be written twice then, and carries its id for those who mind.
  async queue(batch, env) {
    const toMessage = ({ id, body }: Message): MessageInput => ({
      key: id,
      value: JSON.stringify(body),
      headers: [{ key: 'queue-message-id', value: id }],
    })
    await write(env, batch.messages.map(toMessage))
  },
} satisfies ExportedHandler<Env>

/** Resolves once all replicas have the messages. */
async function write({ KAFKA_BROKERS, KAFKA_TOPIC }: Env, messages: readonly MessageInput[]): Promise<void> {
  // A Worker's sockets belong to one request, and so does the Writer. For TLS and a password, give it a
  // `transport: new Transport({ tls: true, sasl: plain({ username, password }) })`, and close that, too. One that is given
  // `memory`, an object kept beside the handler, spares later requests the questions of the first (docs/guides/cold-start.md).
  // Who asked won't wait long: the time limits, in milliseconds, are shorter than the defaults.
  await using writer = new Writer({
    addr: KAFKA_BROKERS.split(','),
    topic: KAFKA_TOPIC,
    readTimeout: 3_000,
    deliveryTimeout: 10_000,
  })
  await writer.writeMessages(messages)
}
