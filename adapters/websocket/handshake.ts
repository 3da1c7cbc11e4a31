import { ProtocolError } from '../../src/base/errors.ts'
import type { Socket } from '../../src/socket/socket.ts'

/** The server did not open a WebSocket; it said so with this status. */
export class HandshakeRefused extends Error {
  readonly status: number

  constructor(status: number) {
    super(`the answer to the handshake was ${status}`)
    this.status = status
  }
}

// An answer's head that is longer is none of a WebSocket's.
const mostHead = 16 * 1024
// RFC 6455, section 1.3: what a server adds to the key it was sent.
const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/**
 * Opens a WebSocket over a connected socket. Answers the subprotocol chosen, and bytes that came behind the handshake.
 */
export async function shakeHands(
  socket: Socket,
  { host, pathname }: URL,
  protocols: readonly string[],
): Promise<{ protocol: string; rest: Uint8Array }> {
  const key = base64(crypto.getRandomValues(new Uint8Array(16)))
  const lines = [
    `GET ${pathname} HTTP/1.1`,
    `Host: ${host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Protocol: ${protocols.join(', ')}`,
  ]
  await socket.write([new TextEncoder().encode(`${lines.join('\r\n')}\r\n\r\n`)])
  const { head, rest } = await readHead(socket)
  const status = Number(/^HTTP\/1\.1 (\d{3})\b/.exec(head)?.[1])
  if (!(status >= 100)) throw new ProtocolError('the answer is no HTTP')
  if (status !== 101) throw new HandshakeRefused(status)
  const headers = new Map(head.split('\r\n').map(fieldOf))
  const header = (name: string): string => headers.get(name) ?? ''
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(key + magic))
  const right =
    header('upgrade').toLowerCase() === 'websocket' &&
    /(^|[ ,])upgrade($|[ ,])/i.test(header('connection')) &&
    header('sec-websocket-accept') === base64(new Uint8Array(digest)) &&
    header('sec-websocket-extensions') === ''
  if (!right) throw new ProtocolError('the answer is no WebSocket handshake')
  return { protocol: header('sec-websocket-protocol'), rest }
}

/** Up to the empty line, and what came with it. */
async function readHead(socket: Socket): Promise<{ head: string; rest: Uint8Array }> {
  let text = ''
  for (;;) {
    const bytes = await socket.read()
    if (bytes === null) throw new ProtocolError('the connection ended before the handshake was done')
    const before = text.length
    for (const byte of bytes.subarray(0, mostHead)) text += String.fromCharCode(byte)
    const end = text.indexOf('\r\n\r\n')
    if (end >= 0) return { head: text.slice(0, end), rest: bytes.slice(end + 4 - before) }
    if (text.length >= mostHead) throw new ProtocolError('the answer to the handshake has no end')
  }
}

function fieldOf(line: string): [name: string, value: string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}
