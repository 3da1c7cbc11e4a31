import { Transport, Writer } from '../../../src/index.ts'

/** Writes so many messages within one request, and answers how many connections were open at a time at most. */
export default {
  async fetch(request: Request): Promise<Response> {
    const { broker, topic, count, tls } = (await request.json()) as {
      broker: string
      topic: string
      count: number
      tls: boolean
    }
    let open = 0
    let most = 0
    const transport = new Transport({
      ...(tls && { tls: {} }),
      onEvent({ type }) {
        if (type === 'connect') open++
        if (type === 'disconnect') open--
        most = Math.max(most, open)
      },
    })
    const writer = new Writer({ addr: broker, topic, transport, allowAutoTopicCreation: true })
    await writer.writeMessages(Array.from({ length: count }, (_, i) => ({ key: `k${i % 100}`, value: `message ${i}` })))
    await writer.close()
    await transport.close()
    return Response.json({ most, left: open })
  },
}
