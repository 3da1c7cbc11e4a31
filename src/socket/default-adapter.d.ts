import type { Natives, SocketAdapter } from './socket.ts'

// The types of `#adapter`, whichever runtime's it is (see "imports" in package.json).
export declare const adapter: SocketAdapter
export declare const natives: Natives
