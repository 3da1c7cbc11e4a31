import { suite as client } from './client.ts'
import type { Suite } from './harness.ts'
import { suite as socket } from './socket.ts'
import { suite as writer } from './writer.ts'
import { suite as writerDelivery } from './writer-delivery.ts'

/** Every room's contract suite, by room. */
export const suites: Readonly<Record<string, Suite>> = {
  client,
  socket,
  writer,
  'writer delivery': writerDelivery,
}
