import { setTimeout } from 'node:timers'

const longest = 0x7fffffff

/** Of `Natives`: a timer that the program does not stay alive for. */
export function background(milliseconds: number, task: () => void): () => void {
  const timer = setTimeout(task, Math.min(Math.max(0, milliseconds), longest)).unref()
  return () => clearTimeout(timer)
}
