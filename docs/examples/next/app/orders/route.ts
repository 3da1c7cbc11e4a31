// A route of Next's that writes what is posted to Kafka. It needs Node's runtime, which is Next's default; where routes run in a runtime of
// the edge there are no sockets.
import { WriteErrors, Writer } from 'isokafka'

const topic = process.env['KAFKA_TOPIC'] ?? 'orders'

// One for the process, to which `next dev` loads this file again and again. Requests of the same time share what is sent.
const kept = globalThis as { ordersWriter?: Writer }
kept.ordersWriter ??= new Writer({ addr: process.env['KAFKA_BROKERS'] ?? 'localhost:9092', topic })
const writer = kept.ordersWriter

export async function POST(request: Request): Promise<Response> {
  const order: unknown = await request.json().catch(() => undefined)
  if (typeof order !== 'object' || order === null || !('customer' in order) || typeof order.customer !== 'string')
    return new Response('an order has a customer\n', { status: 400 })
  try {
    // The orders of a customer keep their order: they are in one partition.
    await writer.writeMessages({ key: order.customer, value: JSON.stringify(order) }, { signal: request.signal })
  } catch (error) {
    // Not written, or not known to be: whoever posted it may do so again.
    if (!(error instanceof WriteErrors)) throw error
    return new Response('not ordered\n', { status: 503 })
  }
  return new Response('ordered\n', { status: 201 })
}
