// What the WebSocket adapter and the bridge agree on; docs/bridge.md has the whole of it.

/** What both sides name as the WebSocket's subprotocol. */
export const subprotocol = 'isokafka'

/**
 * Named instead by a bridge whose runtime neither says what waits to be sent nor can hold a client back. Then either
 * side asks, in text messages: `?` and a word, which the other returns as `!` and the word once all that came before is
 * off its hands.
 */
export const markedSubprotocol = 'isokafka.marks'

/** Bytes after which each side asks. */
export const markEvery = 256 * 1024

/**
 * A further subprotocol the client offers carries its token, as base64url of UTF-8: unlike a query it stays out of
 * logs.
 */
export const tokenProtocol = 'isokafka.token.'

/** Why a bridge closes a WebSocket. Those above 4000 are ours; the others are RFC 6455's. */
export const CloseCode = {
  /** The client closed; or, from the bridge, nothing is wrong. */
  Normal: 1000,
  /** The bridge is stopping, after it has answered what was under way. */
  GoingAway: 1001,
  /** The client broke the WebSocket protocol; a compressed frame for one. */
  ProtocolError: 1002,
  /** A text message came: all of Kafka is binary. */
  TextMessage: 1003,
  /** What the other side sees when a connection ends without a close frame. Never sent. */
  Abnormal: 1006,
  /** A message is larger than the bridge takes. */
  MessageTooBig: 1009,
  /** The broker closed its side; all its bytes were delivered. */
  BrokerClosed: 4000,
  /** The connection to the broker failed. */
  BrokerFailed: 4001,
  /** The bridge's session with the broker is about to expire (SASL, KIP-368). Dial again. */
  SessionExpired: 4002,
  /** Nothing went either way for too long. */
  Idle: 4003,
  /** The connection was open for as long as one may be. Dial again. */
  Lifetime: 4004,
  /** What came is not Kafka's frames. */
  NotKafka: 4005,
  /** The client sent faster than the broker takes, where the runtime can't hold it back. */
  Overflow: 4006,
  /** The client asked for what the bridge does not pass on, in a way that has no answer. */
  NotAllowed: 4007,
  /** The client sent more frames than anybody who means to speak Kafka. */
  Flood: 4008,
  /** The bridge is short of memory, and this connection was the newest that held some. Dial again. */
  NoMemory: 4009,
  /** The token is over, or was revoked. Dial again, with another. */
  TokenEnded: 4010,
} as const
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode]

/** UTF-8 in base64url without padding, which is also what a subprotocol's name may hold. */
export function encodeToken(token: string): string {
  return base64url(new TextEncoder().encode(token))
}

/** What `encodeToken` made; undefined when it is none. */
export function decodeToken(text: string): string | undefined {
  const bytes = fromBase64url(text)
  if (bytes === undefined) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}

export function fromBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return undefined
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, character => character.charCodeAt(0))
}
