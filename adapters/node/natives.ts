import type { Natives } from '../../src/socket/socket.ts'
import { writeUtf8 } from '../shared/utf8.ts'
import { codecs } from '../shared/zlib.ts'

export const natives: Natives = { defer: setImmediate, codecs, ...(writeUtf8 && { writeUtf8 }) }
