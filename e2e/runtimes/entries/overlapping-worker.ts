import { Reader, Transport, Writer } from '../../../src/index.ts'

export interface Job {
  readonly broker: string
  readonly topic: string
  readonly value: string
  /** Requests that are to be under way at once before any of them goes on. */
  readonly together: number
  /** What of another request it uses, in place of its own. */
  readonly uses?: 'transport' | 'writer' | 'reader'
  /** Leaves what it made for the others, and open. */
  readonly keeps?: boolean
}

interface Kit {
  readonly transport: Transport
  readonly writer: Writer
  readonly reader: Reader
}

let kept: Kit | undefined
let underWay = 0

function kitFor({ broker, topic }: Job, transport: Transport): Kit {
  const writer = new Writer({ addr: broker, topic, transport, balancer: () => 0 })
  const reader = new Reader({ brokers: broker, topic, partition: 0, transport })
  return { transport, writer, reader }
}

/**
 * Each request writes a message and reads until it has it; what went wrong is answered with the time that took to be
 * told.
 */
export default {
  async fetch(request: Request): Promise<Response> {
    const job = (await request.json()) as Job
    const { value, together, uses, keeps = false } = job
    underWay++
    let began = Date.now()
    try {
      const own = kitFor(job, uses === 'transport' ? kept!.transport : new Transport())
      if (keeps) kept = own
      const writer = uses === 'writer' ? kept!.writer : own.writer
      const reader = uses === 'reader' ? kept!.reader : own.reader
      // No promise of another request may be waited for here.
      while (underWay < together) await new Promise(resolve => setTimeout(resolve, 5))
      began = Date.now()
      if (uses !== 'reader') await writer.writeMessages({ value })
      while ((await reader.readMessage()).text() !== value);
      if (!keeps) {
        await Promise.all([own.writer.close(), own.reader.close()])
        await own.transport.close()
      }
      return Response.json({ done: value })
    } catch (error) {
      return Response.json({ error: String(error), name: (error as Error).name, afterMs: Date.now() - began })
    }
  },
}
