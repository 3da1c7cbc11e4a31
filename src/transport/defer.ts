import type { Natives } from '../socket/socket.ts'

/** Runs a task once, after this turn's microtasks: the runtime's own way, else a MessageChannel, else a timer. */
export function deferOf(natives: Natives): (task: () => void) => void {
  if (natives.defer !== undefined) return natives.defer.bind(natives)
  if (typeof MessageChannel === 'undefined') return task => void setTimeout(task, 0)
  return channelDefer()
}

/** As much of a MessageChannel as all runtimes' types agree on. */
interface Channel {
  readonly port1: { onmessage: (() => void) | null; close(): void }
  readonly port2: { postMessage(message: unknown): void }
}

/** An open port keeps some runtimes alive, so it is closed when nothing waits. */
function channelDefer(): (task: () => void) => void {
  let channel: Channel | undefined
  let posted = false
  let waiting: (() => void)[] = []

  const post = (): void => {
    if (posted) return
    posted = true
    if (channel === undefined) {
      channel = new MessageChannel() as unknown as Channel
      channel.port1.onmessage = turn
    }
    channel.port2.postMessage(null)
  }

  function turn(): void {
    posted = false
    const due = waiting
    waiting = []
    let done = 0
    try {
      while (done < due.length) due[done++]!()
    } finally {
      // After a task that threw, the others still get their turn.
      if (done < due.length) waiting = [...due.slice(done), ...waiting]
      if (waiting.length > 0) post()
      else {
        channel?.port1.close()
        channel = undefined
      }
    }
  }

  return task => {
    waiting.push(task)
    post()
  }
}
