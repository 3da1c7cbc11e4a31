import type { Natives } from '../../src/socket/socket.ts'
import { background } from '../shared/background.ts'
import { detached } from '../shared/detached.ts'
import { codecs } from '../shared/zlib.ts'

// No writeUtf8: Buffer's is no quicker than TextEncoder here.
/** What Deno lends: timers, and its own gzip and zstd. */
export const natives: Natives = { defer: task => void setImmediate(task), detached, background, codecs }
