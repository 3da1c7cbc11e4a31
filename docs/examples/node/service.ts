// An HTTP service: POST /orders writes an order to Kafka, and a worker in a consumer group ships what was ordered.
//   KAFKA_BROKERS=localhost:9092 node service.ts        (Node 22.18 or later runs TypeScript as it is)
//   curl --data '{"id": 7, "customer": "anna"}' http://localhost:8080/orders
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Hash, Reader, Transport, Writer } from 'isokafka'

const { KAFKA_BROKERS = 'localhost:9092', KAFKA_TOPIC = 'orders', PORT = '8080' } = process.env
const brokers = KAFKA_BROKERS.split(',')

// All share the transport's connections; TLS and a password would be its settings.
const transport = new Transport()
const writer = new Writer({ addr: brokers, topic: KAFKA_TOPIC, transport, balancer: new Hash() })
const reader = new Reader({ brokers, topic: KAFKA_TOPIC, groupId: 'shipping', transport, commitInterval: 1000 })

interface Order {
  readonly id: number
  readonly customer: string
}

/** Ships what is ordered until the reader closes. After a crash some orders come again: shipping has to know an order's id. */
async function work(): Promise<void> {
  for await (const message of reader) {
    const order = orderOf(message.text())
    if (order === undefined) console.error(`not an order: partition ${message.partition}, offset ${message.offset}`)
    else console.log(`shipping order ${order.id} to ${order.customer}`)
    await reader.commitMessages(message)
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST' || request.url !== '/orders') return void response.writeHead(404).end()
  const order = orderOf(await bodyOf(request, 100_000))
  if (order === undefined) return void response.writeHead(400).end('an order has an id and a customer\n')
  try {
    // Orders of one customer stay in order. It is written once all replicas have it.
    await writer.writeMessages({ key: order.customer, value: JSON.stringify(order) })
    response.writeHead(201).end('ordered\n')
  } catch (error) {
    console.error(error)
    response.writeHead(503).end('not ordered; try again\n')
  }
}

function orderOf(text: string): Order | undefined {
  try {
    const { id, customer } = JSON.parse(text)
    return Number.isInteger(id) && typeof customer === 'string' ? { id, customer } : undefined
  } catch {
    return undefined
  }
}

/** The text sent along; '' when there is too much of it. */
async function bodyOf(request: IncomingMessage, most: number): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    if (text.length <= most) text += chunk
  }
  return text.length > most ? '' : text
}

const server = createServer((request, response) => {
  // Fails when the client goes away in the middle.
  answer(request, response).catch(() => response.destroy())
})

/** Answers what is being asked, finishes the order at hand, and leaves the group so that others take over at once. */
async function stop(): Promise<void> {
  await new Promise(resolve => server.close(resolve))
  await reader.close()
  await working
  await writer.close()
  await transport.close()
}

const working = work().catch(error => {
  // Without its worker the service is of no use: whoever runs it starts it again.
  console.error(error)
  process.exitCode = 1
  process.kill(process.pid, 'SIGTERM')
})
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stop())
server.listen(Number(PORT), () =>
  console.log(`orders are taken at http://localhost:${(server.address() as { port: number }).port}/orders`),
)
