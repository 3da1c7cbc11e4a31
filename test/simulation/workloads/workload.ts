import type { Host } from '../host.ts'
import type { World } from '../world.ts'

/** A program on a host of its own, or several. It works until it is told to stop. */
export interface Running {
  /** The hosts it may be hit on. */
  readonly hosts: readonly Host[]
  /** Whether one that crashes is replaced by another. */
  readonly replaces?: boolean
  /** No new work; settles when all that was begun has ended, and everything is closed. */
  stop(): Promise<void>
  /** Buffered bytes and the like that must stay within what is stated; answers what does not. */
  excess?(): string | undefined
}

export interface Workload {
  readonly name: string
  /** Who reads is to be handed all there is, once those who write have ended. */
  readonly role: 'writes' | 'reads' | 'asks'
  /** It is handed only what is committed. */
  readonly readsCommitted?: boolean
  /** It needs a topic that others have no use for. */
  readonly copies?: boolean
  start(world: World, name: string): Running
}
