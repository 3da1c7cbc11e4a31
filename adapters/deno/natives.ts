import type { Natives } from '../../src/socket/socket.ts'
import { codecs } from '../shared/zlib.ts'

// No writeUtf8: Buffer's is no quicker than TextEncoder here.
export const natives: Natives = { defer: task => void setImmediate(task), codecs }
