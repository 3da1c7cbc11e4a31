import { setImmediate } from 'node:timers'
import type { Natives } from '../../src/socket/socket.ts'
import { background } from '../shared/background.ts'
import { detached } from '../shared/detached.ts'
import { writeUtf8 } from '../shared/utf8.ts'
import { codecs } from '../shared/zlib.ts'

/** What Node lends: timers, its own gzip and zstd, and UTF-8 written into a Buffer. */
export const natives: Natives = { defer: setImmediate, detached, background, codecs, ...(writeUtf8 && { writeUtf8 }) }
