import type { Natives } from '../../src/socket/socket.ts'
import { background } from '../shared/background.ts'
import { detached } from '../shared/detached.ts'
import { writeUtf8 } from '../shared/utf8.ts'
import { codecs } from '../shared/zlib.ts'

/** What Bun lends: timers, and its own gzip and zstd. */
export const natives: Natives = {
  defer: task => void setImmediate(task),
  detached,
  background,
  codecs,
  ...(writeUtf8 && { writeUtf8 }),
}
