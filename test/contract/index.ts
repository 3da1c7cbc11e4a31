import { suite as client } from './client.ts'
import type { Suite } from './harness.ts'
import { suite as socket } from './socket.ts'

/** Every room's contract suite, by room. */
export const suites: Readonly<Record<string, Suite>> = {
  client,
  socket,
}
