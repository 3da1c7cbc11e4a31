import { AsyncResource } from 'node:async_hooks'

// It remembers the context it was made in: that of the program itself, as long as the module isn't imported by a
// request's handler.
const outside = new AsyncResource('isokafka')

/** Of `Natives`, where there is node:async_hooks. */
export const detached = <T>(task: () => T): T => outside.runInAsyncScope(task)
